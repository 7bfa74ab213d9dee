# What the header fields say, of each way in which an answer is come by.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::StructuredField qw(parse_list);
use ClearStatus::Test;
use IO::Uncompress::Gunzip qw(gunzip);
use Test::More;

my $t   = ClearStatus::Test->new;
my $sim = $t->simulator;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_cache answers;
    clear_status_auth_token %%TOKEN%%;
    clear_status_integration_id tenant-a;
    clear_status_retries 0;
    clear_status_max_fails 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
        }

        location = /errors {
            clear_status_pass %%UPSTREAM%%;
            clear_status_valid 404 1m;
        }

        location = /off {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache off;
        }

        location = /brief {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id tenant-b;
            clear_status_valid any 200ms;
        }

        location = /gzip {
            clear_status_pass %%UPSTREAM%%;
            gzip on;
            gzip_types application/json;
            gzip_min_length 0;
        }
    }
}
EOC

# The one member of Cache-Status, and its parameters.

sub handled ($r) {
    my $members = parse_list($r->header('Cache-Status'));

    return {error => 'not one member'} if @$members != 1;
    my ($name, $parameters) = @{ $members->[0] };
    return {error => "by $name"} if $name ne 'clear_status';
    return $parameters;
}


my $id   = new_task('SUCCESS');
my $miss = $t->get("/status?taskId=$id");
my $hit  = $t->get("/status?taskId=$id");

is_deeply handled($miss), {fwd => 'uri-miss', 'fwd-status' => 200,
    stored => 1}, 'a miss';
is_deeply handled($hit), {hit => 1, ttl => 31536000}, 'a hit, for good';
is_deeply [map { $_->header('Age') } $miss, $hit], [0, 0], 'a new answer: Age';
is scalar($hit->all('Cache-Control')), 1, 'one Cache-Control';

my $young = new_task('PROCESSING');
$t->get("/status?taskId=$young");
my $r = $t->get("/status?taskId=$young");
my $h = handled($r);

# within a millisecond it has all its time
ok $h->{hit} && $h->{ttl} =~ /^[0-2]$/, 'a hit, for a while';
is $r->header('Cache-Control'), 'private, max-age=2', 'its lifetime';
ok wait_for(sub {
    my $r = $t->get("/status?taskId=$young");
    (handled($r)->{hit} // 0) && $r->header('Age') == 1;
}), 'Age grows';

is_deeply handled($t->get("/off?taskId=$id")), {fwd => 'bypass',
    'fwd-status' => 200}, 'no zone';

$t->get("/brief?taskId=$young");
ok wait_for(sub {
    my $h = handled($t->get("/brief?taskId=$young"));
    ($h->{fwd} // '') eq 'stale' && $h->{'fwd-status'} == 200 && $h->{stored};
}), 'expired and fetched again';

is_deeply handled($t->get('/errors?taskId=none')), {fwd => 'uri-miss',
    'fwd-status' => 404, stored => 1}, 'an error';
$h = handled($t->get('/errors?taskId=none'));
ok $h->{hit} && $h->{ttl} =~ /^[3-6]\d$/, 'an error again';

ok wait_for(sub {
    (handled($t->get('/status?taskId=none-either'))->{fwd} // '') eq 'stale';
}), 'one that has expired';

$sim->behave('reset', {reset => 'before'});
my $lost = handled($t->get('/off?taskId=reset'));
is_deeply $lost, {fwd => 'bypass'}, 'no response: no fwd-status';

subtest 'HEAD is GET without the body' => sub {
    my $head = $t->request('HEAD', "/status?taskId=$id");

    is $head->body, '', 'no body';
    is $head->header($_), $hit->header($_), $_ for qw(Content-Length
        Content-Type ETag Cache-Control Cache-Status);

    my $new = new_task('SUCCESS');
    is $t->request('HEAD', "/status?taskId=$new")->code, 200,
        'HEAD may be the first';
    is $sim->seen($new)->{method}, 'GET', 'upstream is asked by GET';
    is_deeply handled($t->get("/status?taskId=$new")),
        {hit => 1, ttl => 31536000}, 'and GET has its answer';
};

subtest 'If-None-Match' => sub {
    my $tag = $hit->header('ETag');

    for my $value ($tag, "W/$tag", "\"x\", $tag", '*') {
        my $r = $t->get("/status?taskId=$id",
            headers => {'If-None-Match' => $value});
        is $r->code, 304, $value;
        is_deeply handled($r), {hit => 1, ttl => 31536000}, 'with the rest';
    }

    my $other = new_task('SUCCESS');
    isnt $t->get("/status?taskId=$other")->header('ETag'), $tag,
        'another body has another tag';

    my $date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    is $t->get("/status?taskId=$id", headers => {'If-None-Match' => $tag,
        'If-Modified-Since' => $date})->code, 304, 'not by a date';
    is $t->get("/status?taskId=$id", headers => {$_ => $date})->code, 200,
        "$_ alone too" for qw(If-Modified-Since If-Unmodified-Since);

    my $r = $t->get("/status?taskId=$id", headers => {'If-Match' => '"x"'});
    is envelope_is($r, 412, 'If-Match')->{error}{message},
        'Precondition Failed', 'has its name';
};

subtest 'gzip' => sub {
    my $r = $t->get("/gzip?taskId=$id", headers => {'Accept-Encoding' =>
        'gzip'});
    my $packed = $r->body;

    is $r->header('Content-Encoding'), 'gzip', 'packed';
    gunzip \$packed => \my $plain;
    is $plain, $hit->body, 'the same body';
    is $r->header('ETag'), 'W/' . $hit->header('ETag'), 'a weak tag';
    is_deeply handled($r), {hit => 1, ttl => 31536000}, 'Cache-Status';
    is $r->header('Cache-Control'), $hit->header('Cache-Control'),
        'Cache-Control';

    my $same = $t->get("/gzip?taskId=$id", headers => {'Accept-Encoding' =>
        'gzip', 'If-None-Match' => $r->header('ETag')});
    is $same->code, 304, 'that tag is good';

    my $e = $t->get('/gzip?taskId=', headers => {'Accept-Encoding' => 'gzip'});
    is $e->code, 400, 'an error';
};

$t->done;
