# What RFC 8259 allows and forbids, as upstream's body: a good envelope comes
# through byte for byte, from upstream and from the zone, anything else is 502.
#
# Three sources of cases: tables of values and of whole bodies, each with the
# rule that it is for; every beginning of a body; and values changed at random,
# judged by a grammar that is written down here from the RFC.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Encode qw(encode);
use Mojo::Util qw(b64_encode);
use Test::More;

my $t   = ClearStatus::Test->new(reload => 0);
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:8m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_retries 0;
    clear_status_max_fails 0;
    clear_status_max_body_size 1m;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }
    }
}
EOC

use constant DEPTH => 64;

# RFC 8259, sections 2 to 8.1, over bytes.

my $GRAMMAR = qr{
    (?(DEFINE)
        (?<ws> [\x20\t\n\r]*+)
        (?<value> (?&ws) (?: false | null | true | (?&object) | (?&array)
            | (?&number) | (?&string)) (?&ws))
        (?<object> \{ (?: (?&ws) | (?&member) (?: , (?&member))*+) \})
        (?<member> (?&ws) (?&string) (?&ws) : (?&value))
        (?<array> \[ (?: (?&ws) | (?&value) (?: , (?&value))*+) \])
        (?<number> -? (?: 0 | [1-9][0-9]*+) (?: \.[0-9]++)?
            (?: [eE][-+]?[0-9]++)?)
        (?<string> " (?: (?&plain) | \\ (?: ["\\/bfnrt] | u[0-9a-fA-F]{4}))*+ ")
        (?<plain> [\x20\x21\x23-\x5b\x5d-\x7f] | [\xc2-\xdf](?&more)
            | \xe0[\xa0-\xbf](?&more) | [\xe1-\xec\xee\xef](?&more){2}
            | \xed[\x80-\x9f](?&more) | \xf0[\x90-\xbf](?&more){2}
            | [\xf1-\xf3](?&more){3} | \xf4[\x80-\x8f](?&more){2})
        (?<more> [\x80-\xbf])
    )
}x;


sub is_json ($bytes) {
    no warnings 'recursion', 'regexp';
    return $bytes =~ /\A(?&value)\z$GRAMMAR/;
}


# A place whose value is passed on and means nothing here: two levels deep.

sub around ($value) {
    return '{"status":200,"success":true,"message":"m","result":{"taskId":'
        . '"ID","workflowStatus":"SUCCESS","x":' . $value
        . '},"error":null,"metadata":null}';
}


sub envelope (%fields) {
    my %all = (status => '200', success => 'true', message => '"m"',
        result => '{"taskId":"ID","workflowStatus":"SUCCESS"}',
        error => 'null', metadata => 'null', %fields);

    return '{' . join(',', map {qq("$_":$all{$_})} grep { defined $all{$_} }
            qw(status success message result error metadata)) . '}';
}


sub result ($members) {
    return envelope(result => qq({"taskId":"ID"$members}));
}


# Tables.

my %good_values = (
    'zero'                    => '0',
    'minus zero'              => '-0',
    'a fraction'              => '-12.3400',
    'exponents'               => '[1e5,1E5,1e+5,1E-5,0e0,1.5e-300]',
    'more than 64 bits'       => '[9223372036854775808,-9223372036854775809]',
    'a number of 5,000 digits' => '9' x 5000,
    'a fraction of 5,000'     => '0.' . '0' x 4999 . '1',
    'an exponent beyond any'  => '[1e999999,-1e999999,1e-99999999999]',
    'an empty string'         => '""',
    'each short escape'       => '"\"\\\\\/\b\f\n\r\t"',
    'an escaped NUL'          => '"\u0000"',
    'escapes of either case'  => '"\u00e9\u00E9\uABCD\uabcd"',
    'a surrogate pair'        => '"\ud83d\ude00"',
    'half a pair, high'       => '"\ud800"',
    'half a pair, low'        => '"\udc00"',
    'a pair the wrong way'    => '"\ude00\ud83d"',
    'half a pair as a key'    => '{"\ud800":1}',
    'UTF-8 of 2, 3, 4 bytes'  => encode('UTF-8', "\"\x{e9}\x{20ac}\x{1f600}\""),
    'the ends of each length' => encode('UTF-8', "\"\x{80}\x{7ff}\x{800}"
            . "\x{d7ff}\x{e000}\x{10000}\x{10fffd}\""),
    'characters that are none' => "\"\xef\xbf\xbf\xef\xb7\x90\"",
    'line separators'         => "\"\xe2\x80\xa8\xe2\x80\xa9\x7f\"",
    'a mark inside a string'  => "\"\xef\xbb\xbf\"",
    'a solidus, plain'        => '"a/b</script>"',
    'empty ones'              => '[{},[],{"":[]}]',
    'each kind of space'      => "[ 1\t,\n2\r,\r\n{ \"a\"\t: 1 } ]\n",
    'a key twice, not read'   => '{"a":1,"a":2,"\u0061":3}',
    'our keys, elsewhere'     => '{"status":"x","success":7,"taskId":[]}',
    'literals'                => '[true,false,null]',
    'depth 64, arrays'        => '[' x (DEPTH - 2) . ']' x (DEPTH - 2),
    'depth 64, objects'       => '{"a":' x (DEPTH - 3) . '{}'
        . '}' x (DEPTH - 3),
    'a string of 900 KB'      => '"' . 'x' x 900_000 . '"',
    'escapes, 900 KB of them' => '"' . '\u0041' x 150_000 . '"',
    '100,000 numbers'         => '[' . join(',', (1) x 100_000) . ']',
    '50,000 keys'             => '{' . join(',', map {"\"$_\":0"} 1 .. 50_000)
        . '}',
);

my %bad_values = (
    'nothing'                 => '',
    'a leading zero'          => '01',
    'a leading zero, minus'   => '-01',
    'a lone minus'            => '-',
    'a plus'                  => '+1',
    'two minus'               => '--1',
    'no digit before a point' => '.5',
    'none after it'           => '1.',
    'none between'            => '1.e5',
    'an empty exponent'       => '1e',
    'only a sign in it'       => '1e+',
    'a fraction in it'        => '1e5.5',
    'hexadecimal'             => '0x10',
    'digits with a gap'       => '1 000',
    'digits with a bar'       => '1_000',
    'digits of another script' => encode('UTF-8', "\x{661}"),
    'a full-width digit'      => encode('UTF-8', "\x{ff11}"),
    'Infinity'                => 'Infinity',
    'minus Infinity'          => '-Infinity',
    'NaN'                     => 'NaN',
    'True'                    => 'True',
    'half of null'            => 'nul',
    'more than null'          => 'nulll',
    'undefined'               => 'undefined',
    'a string without an end' => '"abc',
    'without a beginning'     => 'abc"',
    'single quotes'           => "'abc'",
    'an unknown escape'       => '"\x41"',
    'an escape of nothing'    => '"\ "',
    'an octal escape'         => '"\012"',
    'a short escape'          => '"\u12"',
    'no hexadecimal in it'    => '"\u12G4"',
    'upper-case U'            => '"\U00e9"',
    'a sign in an escape'     => '"\u-123"',
    'half an escape, then'    => '"\ud83d\u"',
    'a newline in a string'   => "\"a\nb\"",
    'a tab in a string'       => "\"a\tb\"",
    'NUL in a string'         => "\"a\0b\"",
    'NUL outside'             => "\0",
    'the last control byte'   => "\"\x1f\"",
    'an escaped newline'      => "\"a\\\nb\"",
    'an array, comma at end'  => '[1,]',
    'comma first'             => '[,1]',
    'two commas'              => '[1,,2]',
    'no comma'                => '[1 2]',
    'a semicolon'             => '[1;2]',
    'closed by the other'     => '[1}',
    'never closed'            => '[1',
    'closed twice'            => '[1]]',
    'a colon in an array'     => '["a":1]',
    'an object, comma at end' => '{"a":1,}',
    'a key without quotes'    => '{a:1}',
    'a key in single quotes'  => "{'a':1}",
    'a key that is a number'  => '{1:1}',
    'a key that is null'      => '{null:1}',
    'a key alone'             => '{"a"}',
    'a key and a colon'       => '{"a":}',
    'a value alone'           => '{:1}',
    'two colons'              => '{"a"::1}',
    'an equals sign'          => '{"a"=1}',
    'no comma between'        => '{"a":1 "b":2}',
    'a comment'               => '1/* */',
    'a comment to the end'    => "1//\n",
    'a comment of a shell'    => "1#\n",
    'a form feed'             => "\f1",
    'a vertical tab'          => "1\x0b",
    'a space of another kind' => "\xc2\xa01",
    'a line separator'        => "\xe2\x80\xa81",
    'a mark in the middle'    => "\xef\xbb\xbf1",
    'DEL'                     => "\x7f1",
    'a backslash outside'     => '\u0031',
    'depth 65, arrays'        => '[' x (DEPTH - 1) . ']' x (DEPTH - 1),
    'depth 65, objects'       => '{"a":' x (DEPTH - 2) . '{}'
        . '}' x (DEPTH - 2),
    'depth 300,000'           => '[' x 300_000 . ']' x 300_000,
    'depth without an end'    => '[' x 900_000,
    'objects without an end'  => '{"a":' x 150_000,
);

# Unicode, table 3-7, each in a string.

my %bad_utf8 = (
    'a byte of the middle'    => "\x80",
    'two of them'             => "\xbf\x80",
    'overlong, 2 bytes'       => "\xc0\xaf",
    'overlong NUL'            => "\xc0\x80",
    'overlong, 2 bytes, last' => "\xc1\xbf",
    'overlong, 3 bytes'       => "\xe0\x9f\xbf",
    'overlong, 4 bytes'       => "\xf0\x8f\xbf\xbf",
    'the first surrogate'     => "\xed\xa0\x80",
    'the last surrogate'      => "\xed\xbf\xbf",
    'a pair of them, CESU-8'  => "\xed\xa0\xbd\xed\xb8\x80",
    'beyond the last'         => "\xf4\x90\x80\x80",
    'five bytes'              => "\xf8\x88\x80\x80\x80",
    'six bytes'               => "\xfc\x84\x80\x80\x80\x80",
    'FE'                      => "\xfe",
    'FF'                      => "\xff",
    '1 of 2'                  => "\xc3",
    '2 of 3'                  => "\xe2\x82",
    '3 of 4'                  => "\xf0\x9f\x98",
    'Latin-1'                 => "caf\xe9 noir",
);

my $plain = around('1');

my %good_bodies = (
    'an envelope'             => $plain,
    'space around it'         => " \r\n\t$plain \r\n\t",
    'a lot of space'          => $plain . ' ' x 500_000,
    'keys in another order'   => '{"metadata":null,"error":null,"result":'
        . '{"x":1,"taskId":"ID"},"message":"","success":true,"status":200}',
    'keys that are not known' => envelope(metadata => 'null,"more":[1]'),
    'an escaped key'          => envelope() =~ s/"status"/"st\\u0061tus"/r,
    'no message'              => envelope(message => undef),
    'a message that is none'  => envelope(message => '[1]'),
    'a pair in the message'   => envelope(message => '"\ud83d\ude00"'),
    'no state'                => result(''),
    'a state that is null'    => result(',"workflowStatus":null'),
    'a state that is new'     => result(',"workflowStatus":"PARKED"'),
    'an empty state'          => result(',"workflowStatus":""'),
    'a state in lower case'   => result(',"workflowStatus":"success"'),
    'URLs that are none'      => result(',"preSignedUrls":{"a":[1,null]},'
        . '"generatedURLs":"http://","activityStatusList":[1,[{}],'
        . '{"errorReportPreSign":7},{"errorReportPreSign":"https://"}]'),
    'a URL of 100 KB'         => result(',"preSignedUrls":["https://h/?Expires='
        . '9' x 100_000 . '"]'),
    'half a pair in a URL'    => result(
        ',"preSignedUrls":["https://h/\ud800"]'),
);

my %bad_bodies = (
    'nothing'                 => '',
    'space'                   => " \n",
    'NUL'                     => "\0",
    'a mark before it'        => "\xef\xbb\xbf$plain",
    'only the mark'           => "\xef\xbb\xbf",
    'UTF-16, big end first'   => encode('UTF-16BE', $plain),
    'UTF-16, little end first' => encode('UTF-16LE', $plain),
    'UTF-16 with its mark'    => encode('UTF-16', $plain),
    'UTF-32'                  => encode('UTF-32LE', $plain),
    'NUL after it'            => "$plain\0",
    'NUL, as many as spaces'  => $plain . "\0" x 1000,
    'a comma after it'        => "$plain,",
    'a brace after it'        => "$plain}",
    'a word after it'         => "$plain x",
    'half a character after'  => "$plain\xc3",
    'two of them'             => "$plain$plain",
    'two lines'               => "$plain\n$plain\n",
    'a guard before it'       => ")]}'\n$plain",
    'called'                  => "callback($plain)",
    'in an array'             => "[$plain]",
    'in a string'             => '"' . $plain =~ s/"/\\"/gr . '"',
    'a number'                => '200',
    'a literal'               => 'true',
    'an empty object'         => '{}',
    'more than 1 MB'          => $plain . ' ' x 1_048_576,
    'a string over 1 MB'      => around('"' . 'x' x 1_048_576 . '"'),
    'no status'               => envelope(status => undef),
    'a status of a string'    => envelope(status => '"200"'),
    'of a fraction'           => envelope(status => '200.0'),
    'of an exponent'          => envelope(status => '2e2'),
    'of null'                 => envelope(status => 'null'),
    'of an array'             => envelope(status => '[200]'),
    'of an object'            => envelope(status => '{"a":200}'),
    'of 32 bits, wrapped'     => envelope(status => 2**32 + 200),
    'of 64 bits, wrapped'     => envelope(status => '18446744073709551816'),
    'of 5,000 digits'         => envelope(status => '2' . '0' x 4999),
    'of another number'       => envelope(status => '201'),
    'below zero'              => envelope(status => '-200'),
    'no success'              => envelope(success => undef),
    'success as a string'     => envelope(success => '"true"'),
    'as a number'             => envelope(success => '1'),
    'as null'                 => envelope(success => 'null'),
    'no result'               => envelope(result => undef),
    'a result that is a list' => envelope(result => '[]'),
    'a string'                => envelope(result => '"x"'),
    'false'                   => envelope(result => 'false'),
    'a state that is a number' => result(',"workflowStatus":1'),
    'a list'                  => result(',"workflowStatus":["SUCCESS"]'),
    'an object'               => result(',"workflowStatus":{"a":"SUCCESS"}'),
    'keys in upper case'      => '{"STATUS":200,"SUCCESS":true,"RESULT":{}}',
    'status twice'            => envelope(metadata => 'null,"status":200'),
    'status twice, escaped'   => envelope(metadata => 'null,"\u0073tatus":404'),
    'success twice'           => envelope(metadata => 'null,"success":true'),
    'result twice'            => envelope(metadata => 'null,"result":{}'),
    'the task twice'          => result(',"taskId":"other"'),
    'its state twice'         => result(',"workflowStatus":"FAILED",'
        . '"workflowStatus":"SUCCESS"'),
    'half a pair in a message' => envelope(message => '"\ud83d"'),
    'the other half'          => envelope(message => '"\ude00\ud83d"'),
    'a NUL in a message'      => envelope(message => '"a\u0000b"'),
    'half a pair in a state'  => result(',"workflowStatus":"\udfff"'),
    'a NUL in a state'        => result(',"workflowStatus":"SUCCESS\u0000"'),
);


# Asking: 40 at a time.

sub ask_all ($ask, @cases) {
    while (my @some = splice @cases, 0, 40) {
        my @calls = map { $ask->($_) } @some;

        my @answers = $t->collect(@calls);
        $some[$_]{answer} = $answers[$_] for 0 .. $#some;
    }
}


sub ask ($case) {
    $case->{id} = new_task('SUCCESS');
    $case->{body} =~ s/"ID"/"$case->{id}"/g;

    $sim->behave($case->{id}, {body_base64 => b64_encode($case->{body}, ''),
        %{ $case->{rule} // {} }});
    return again($case);
}


sub again ($case) {
    return $t->start("/status?taskId=$case->{id}", timeout => 60);
}


# What is wrong with an answer, as text; nothing where all is right.

sub wrong ($case) {
    my $r = $case->{answer};

    return 'code ' . ($r->code // 'none') . ', not ' . $case->{status}
        if ($r->code // 0) != $case->{status};

    if ($case->{status} == 200) {
        return $r->body eq $case->{body} ? undef : 'other bytes';
    }

    my $json = $r->json;
    return 'no envelope' if ref $json ne 'HASH' || keys %$json != 6
        || $json->{status} != $case->{status} || $json->{success};
    return undef;
}


sub cases_are ($name, @cases) {
    my @wrong;

    ask_all(\&ask, @cases);
    push @wrong, map { my $w = wrong($_); $w ? "$_->{name}: $w" : () } @cases;

    my @good = grep { $_->{status} == 200 && !$_->{rule} } @cases;

    if (@good) {
        ask_all(\&again, @good);

        for my $case (@good) {
            my $w = wrong($case);

            push @wrong, "$case->{name}, again: $w" if $w;
        }
    }

    ok @cases && !@wrong, "$name (" . @cases . ')'
        or diag map {"$_\n"} @wrong[0 .. ($#wrong < 20 ? $#wrong : 20)];
}


sub cases ($status, $of, $body = sub ($text) {$text}) {
    return map {
        +{name => $_, status => $status, body => $body->($of->{$_})}
    } sort keys %$of;
}


my @values = (cases(200, \%good_values), cases(502, \%bad_values),
    cases(502, \%bad_utf8, sub ($bytes) {"\"$bytes\""}));

# depth is ours, not the RFC's, and perl's expressions have an end too
my @small = grep {
    $_->{name} !~ /^depth|without an end/ && length $_->{body} < 10_000
} @values;

is_deeply [map { $_->{name} } grep {
        !!is_json($_->{body}) != ($_->{status} == 200)
    } @small], [], 'the grammar and the tables say the same';

cases_are 'values that are passed on',
    cases(200, \%good_values, \&around);
cases_are 'values that are no JSON, or too deep',
    cases(502, \%bad_values, \&around);
cases_are 'bytes that are no UTF-8',
    cases(502, \%bad_utf8, sub ($bytes) { around("\"a$bytes\"") });
cases_are 'nor in a key',
    cases(502, \%bad_utf8, sub ($bytes) { around("{\"$bytes\":1}") });
cases_are 'nor outside of a string', cases(502, \%bad_utf8, \&around);
cases_are 'bodies that are passed on', cases(200, \%good_bodies);
cases_are 'bodies that are no envelope', cases(502, \%bad_bodies);
cases_are 'a result that is null',
    {name => 'null', status => 404, body => envelope(result => 'null')};

cases_are 'every beginning of a body',
    map { +{name => "$_ bytes", status => 502, body => substr $plain, 0, $_} }
    0 .. length($plain) - 1;

# An error's own text is kept only where all of the body is sound.

sub error ($members) {
    return envelope(status => 422, success => 'false', result => 'null',
        error => "{$members}");
}


subtest 'errors' => sub {
    my $of = sub ($members) {
        my $case = {status => 422, body => error($members), name => $members,
            rule => {http_status => 422}};

        ask_all(\&ask, $case);
        is wrong($case), undef, 'is an envelope: ' . substr $members, 0, 60;
        return $case->{answer}->json->{error};
    };

    my $deep = '[' x (DEPTH - 3) . '{}' . ']' x (DEPTH - 3);

    is $of->('"code":"A","message":"\ud83d\ude00"')->{message}, "\x{1f600}",
        'a pair is one character';
    is_deeply $of->('"validationErrors":' . $deep)->{validationErrors},
        Mojo::JSON::decode_json($deep), 'the deepest that is allowed is kept';
    like $of->('"validationErrors":[1' . '0' x 5000 . ']')
        ->{validationErrors}[0], qr/inf|e\+?5000|^10{5000}$/i,
        'a number of any length';

    for my $broken (
        '"code":"A","message":"\ud83d"',
        '"code":"A","message":"a\u0000"',
        '"code":"A","code":"B"',
        '"code":"A","validationErrors":["\ud83d"]',
        '"code":"A","validationErrors":[{"\udc00":1}]',
        '"code":"A","validationErrors":["\u0000"]',
        '"code":"A","validationErrors":[01]',
        "\"code\":\"A\",\"message\":\"\xed\xa0\x80\"",
        '"code":"A","validationErrors":[' . $deep . ']',
        '"code":"A"},"error":{"code":"B"',
    ) {
        is $of->($broken)->{code}, '422', 'none of its text is repeated';
    }
};

# Any split of the bytes is the same: one byte in each write.

cases_are 'a byte at a time', map {
    +{name => $_->{name}, status => $_->{status}, body => around($_->{body}),
        rule => {drip => 0.0005}}
} grep { length $_->{body} < 80 && $_->{body} =~ /[^ -~]|\\|\d/ } @values;

# Values changed at random; the seed is fixed, TEST_SEED is another.

my $seed  = $ENV{TEST_SEED} // 8259;
my @seeds = map { $_->{body} } grep { length $_->{body} < 80 } @values;
my @bytes = ((map {chr} 0 .. 255), (split //, '"\\{}[]:,07e-.uaF ') x 20);

push @seeds, (grep { is_json($_) } @seeds) x 4;


sub mutant {
    my $text = $seeds[rand @seeds];

    for (1 .. 1 + rand 2) {
        my $at = int rand 1 + length $text;

        substr $text, $at, rand 2, $bytes[rand @bytes];
        $text = "[$text,$seeds[rand @seeds]]" if rand() < 0.1;
    }

    return $text;
}


sub mutants ($n) {
    my @found;

    while (@found < $n) {
        my $value = mutant();
        my $body  = around($value);

        # what closes our object and opens it again is another game
        next if is_json($body) && !is_json($value);
        push @found, {name => "seed $seed, number " . @found, body => $body,
            status => is_json($body) ? 200 : 502};
    }

    return @found;
}


srand $seed;
my @mutants = mutants($ENV{TEST_MUTANTS} // 600);
my $sound   = grep { $_->{status} == 200 } @mutants;

cmp_ok $sound, '>', @mutants / 20, "some of them are JSON still: $sound";
cases_are 'values changed at random', @mutants;

is $t->get('/status?taskId=' . new_task('SUCCESS'))->code, 200,
    'the next is answered';

$t->done;
