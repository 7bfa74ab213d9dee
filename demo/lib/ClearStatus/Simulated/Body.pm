package ClearStatus::Simulated::Body;

# The bodies of Clear's workflow-status API, in the order of keys and the
# layout of its page's samples: which state a task is in by its id and the
# time, and what is said of it.  No HTTP here; called by the simulator.

use Mojo::Base -strict, -signatures;

use Digest::MD5 qw(md5_hex);
use Encode qw(encode);
use Exporter qw(import);
use POSIX qw(strftime);

our @EXPORT_OK = qw(%MISSING error_body success_body workflow_state);

# Ids of the page's samples, which have the page's bodies for ever.
my %SAMPLE = (
    '6988a3bc2e0e5e3c6c9aa6da' => {
        state      => 'SUCCESS',
        activities => ['b9a5dac0d01241089994b2444f102542'],
    },
    '6988c9f8b359874b346bbe9c' => {
        state      => 'FAILED',
        activities => [
            '0d03fcd78acb4f8394e19d8f07abf59b',
            'c6f0f01dfc34413fa70a7d3b830499c5'
        ],
    },

    # the page asks for this one, and shows the answers of others
    '6988855cffad3510146f7535' => {state => 'SUCCESS'},
);

# The page asks for the first, and its answer speaks of the second.
our %MISSING = ('invalid-task-id' => '6988a3bc2e0e5e3c6c9aa6d');

my $DUPLICATE = 'This is a duplicate file. Data import for this file is '
    . 'already in progress. Please refer import history section for more '
    . 'details.';

my %ESCAPE = ('"' => '\\"', '\\' => '\\\\', "\n" => '\\n', "\t" => '\\t');

my %URL = (
    aws4 => sub ($from, $life) {
        'https://clear-reports.s3.ap-south-1.amazonaws.com/errors.csv'
            . '?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date='
            . strftime('%Y%m%dT%H%M%SZ', gmtime $from)
            . "&X-Amz-SignedHeaders=host&X-Amz-Expires=$life"
            . '&X-Amz-Signature=' . md5_hex("$from");
    },
    aws2 => sub ($from, $life) {
        'https://clear-reports.s3.amazonaws.com/errors.csv'
            . '?AWSAccessKeyId=AKIAEXAMPLE&Expires=' . ($from + $life)
            . '&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D';
    },
    cloudfront => sub ($from, $life) {
        'https://d111111abcdef8.cloudfront.net/errors.csv?Expires='
            . ($from + $life) . '&Signature=nitfHRCrtziwO2&Key-Pair-Id=K2J';
    },
    google => sub ($from, $life) {
        'https://storage.googleapis.com/clear-reports/errors.csv'
            . '?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Date='
            . strftime('%Y%m%dT%H%M%SZ', gmtime $from)
            . "&X-Goog-Expires=$life&X-Goog-SignedHeaders=host";
    },
    azure => sub ($from, $life) {
        'https://clear.blob.core.windows.net/reports/errors.csv'
            . '?sv=2022-11-02&se='
            . strftime('%Y-%m-%dT%H%%3A%M%%3A%SZ', gmtime $from + $life)
            . '&sr=b&sp=r&sig=Zm9v';
    },
    # of credentials that end before the URL does
    session => sub ($from, $life) {
        'https://clear-reports.s3.ap-south-1.amazonaws.com/errors.csv'
            . '?X-Amz-Date=' . strftime('%Y%m%dT%H%M%SZ', gmtime $from)
            . '&X-Amz-Security-Token=' . 'IQoJb3JpZ2luX2VjEA' x 20
            . "%3D&X-Amz-Expires=$life&X-Amz-Signature=" . md5_hex("$from");
    },
    azure_key => sub ($from, $life) {
        'https://clear.blob.core.windows.net/reports/errors.csv'
            . '?sv=2022-11-02&ske='
            . strftime('%Y-%m-%dT%H%%3A%M%%3A%SZ', gmtime $from + $life)
            . '&se=2038-01-01T00%3A00%3A00Z&sr=b&sp=r&sig=Zm9v';
    },
    bare => sub ($from, $life) {'https://reports.example/errors.csv'},
);


# undef: there is no such task.  A length in seconds may stand in the id, behind
# the time: 6925f1a0 c10c0090 00000000 takes 90 s.

sub workflow_state ($task, $now) {
    return $SAMPLE{$task}{state} if $SAMPLE{$task};
    return if $task !~ /^[0-9a-f]{24}$/i;

    my $age = $now - hex substr $task, 0, 8;
    my $length = $task =~ /^.{8}c10c([0-9]{4})/i ? $1 : 20;

    return $age < $length / 4    ? 'CREATED'
        : $age < $length         ? 'PROCESSING'
        : $task =~ /[13579bdf]$/i ? 'FAILED'
        :                          'SUCCESS';
}


# how: message, presigned, result_null, result_task_id, as the simulator is
# told

sub success_body ($task, $state, $how, $now) {
    my %urls;

    for my $one (map { ref eq 'ARRAY' ? @$_ : $_ } $how->{presigned} // ()) {
        push @{ $urls{ $one->{in} // 'errorReportPreSign' } },
            presigned_url($one, $now);
    }

    my $result = object(
        taskId             => $how->{result_task_id} // $task,
        activityStatusList => activities($task, $state, \%urls),
        workflowStatus     => $state,
        message => $state eq 'FAILED' ? 'Contact ClearTax support' : undef,
        urlsToNotify  => [],
        preSignedUrls => $urls{preSignedUrls} // [],
        generatedURLs => $urls{generatedURLs} // [],
    );

    return render(object(
        status   => \200,
        success  => \'true',
        message  => $how->{message} // "Status fetched successfully $task",
        result   => $how->{result_null} ? undef : $result,
        error    => undef,
        metadata => undef,
    ));
}


sub error_body ($status, $message, $reason = $message, $code = $status,
    $errors = undef)
{
    return render(object(
        status  => \$status,
        success => \'false',
        message => $message,
        result  => undef,
        error   => object(
            code             => $code // $status,
            message          => $reason // $message,
            validationErrors => $errors,
        ),
        metadata => undef,
    ));
}


sub activities ($task, $state, $urls) {
    return undef if $state !~ /^(?:SUCCESS|FAILED)$/;

    my @ids = @{ ($SAMPLE{$task} // {})->{activities} // [] };
    my $bytes = encode 'UTF-8', $task;
    @ids = map { md5_hex("$bytes $_") } 0 .. ($state eq 'FAILED') if !@ids;

    my @reports = @{ $urls->{errorReportPreSign} // [] };

    my @list = map { activity($_, 'SUCCESS', undef, shift @reports) } @ids;
    $list[0] = activity($ids[0], 'FAILURE', $DUPLICATE,
        ($urls->{errorReportPreSign} // [])->[0]) if $state eq 'FAILED';

    push @list, activity(md5_hex("$task $_"), 'PARTIAL_SUCCESS', undef, $_)
        for @reports;
    return \@list;
}


sub activity ($id, $status, $message, $url) {
    return object(
        stage              => 'INGESTION',
        ingestionTemplate  => 'PURCHASE',
        status             => $status,
        errorReportPreSign => $url,
        errorMessage       => $message,
        activityId         => $id,
    );
}


# style, lifetime (seconds), age (of the signature), escape

sub presigned_url ($one, $now) {
    my $style = $one->{style} // 'aws4';
    my $make = $URL{$style} or die "no such style of URL: $style\n";
    my $url = $make->(int $now - ($one->{age} // 0), $one->{lifetime} // 3600);

    return $url if !$one->{escape};

    $url =~ s{/}{\\/}g;
    $url =~ s{&}{\\u0026}g;
    return \qq{"$url"};
}


# JSON whose keys stay in order: an object is made by object(), a list is an
# array, a scalar reference is JSON already.

sub object (@pairs) { return bless \@pairs, 'ClearStatus::Simulated::Object' }


sub render ($value) { return encode 'UTF-8', json($value, '') }


sub json ($value, $indent) {
    return 'null' if !defined $value;
    return quoted($value) if !ref $value;
    return $$value if ref $value eq 'SCALAR';

    my $more = "$indent  ";
    my ($open, $close, @items);

    if (ref $value eq 'ARRAY') {
        return '[]' if !@$value;
        ($open, $close) = qw([ ]);
        @items = map { json($_, $more) } @$value;

    } elsif (ref $value eq 'HASH') {
        return json(object(map { $_ => $value->{$_} } sort keys %$value),
            $indent);

    } else {
        my @pairs = @$value;
        ($open, $close) = qw({ });

        while (my ($key, $member) = splice @pairs, 0, 2) {
            push @items, quoted($key) . ': ' . json($member, $more);
        }
    }

    return "$open\n$more" . join(",\n$more", @items) . "\n$indent$close";
}


sub quoted ($string) {
    $string =~ s/([\x00-\x1f"\\])/$ESCAPE{$1} || sprintf '\\u%04x', ord $1/ge;
    return qq{"$string"};
}


1;
