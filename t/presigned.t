# A finished answer that carries presigned URLs is fresh until the first of them
# is about to die.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Test;
use Test::More;
use Time::HiRes qw(time);

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
    clear_status_retries 0;
    clear_status_max_fails 0;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id default;
        }

        location = /settings {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id settings;
            clear_status_url_lifetime 30m;
            clear_status_url_margin 1m;
        }

        location = /short {
            clear_status_pass %%UPSTREAM%%;
            clear_status_integration_id short;
            clear_status_valid any 500ms;
        }
    }
}
EOC

# The lifetime that callers are told, for URLs of that kind.

sub lifetime ($location, @urls) {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {presigned => \@urls});
    my ($age) = $t->get("/$location?taskId=$id")->header('Cache-Control')
        =~ /^private, max-age=(\d+)$/;
    return $age // 'none';
}


sub about ($got, $expected, $name) {
    ok abs(($got eq 'none' ? -100 : $got) - $expected) <= 3 * stretch(), $name
        or diag "got $got, expected $expected";
}


for my $style (qw(aws4 aws2 cloudfront google azure)) {
    for my $in (qw(errorReportPreSign preSignedUrls generatedURLs)) {
        about(lifetime('status',
            {style => $style, lifetime => 3600, age => 600, in => $in}),
            3000 - 300, "$style in $in: five minutes before its end");
    }

    about(lifetime('status', {style => $style, lifetime => 3600, escape => 1}),
        3600 - 300, "$style, escaped in JSON");
}

about(lifetime('status', {style => 'bare'}), 3600 - 300,
    'a URL that does not say: an hour');
about(lifetime('settings', {style => 'bare'}), 1800 - 60,
    'or as configured, margin too');
about(lifetime('status', {style => 'aws4', lifetime => 3600},
    {style => 'azure', lifetime => 1200, in => 'preSignedUrls'}), 1200 - 300,
    'the first of them counts');
about(lifetime('status', {style => 'aws4', lifetime => 400}), 200,
    'not in the first half of its life');
about(lifetime('status', {style => 'aws4', lifetime => 60, age => 3600}), 1,
    'a dead one: not refetched each time');
about(lifetime('status', {style => 'session', lifetime => 43_200}),
    3600 - 300, 'one with a session token: an hour at the most');
about(lifetime('settings', {style => 'session', lifetime => 1200}),
    1200 - 60, 'but no longer than it says');
about(lifetime('status', {style => 'azure_key', lifetime => 1200}),
    1200 - 300, 'an Azure key that ends before the URL');
about(lifetime('status', {style => $_, lifetime => 3600, age => -3600}),
    3600 - 300, "$_: where the clock is an hour behind, its own span")
    for qw(aws4 google);

subtest 'a short life' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id, {presigned => {style => 'aws4', lifetime => 2}});
    my $first = $t->get("/short?taskId=$id");
    is $first->code, 200, 'fetched';

    ok wait_for(sub {
        $t->get("/short?taskId=$id");
        $sim->count($id) >= 2;
    }), 'its URL nears its end: fetched again';

    $sim->behave($id, {status => 500});
    ok wait_for(sub {
        $t->get("/short?taskId=$id")->header('Cache-Status')
            =~ /detail=stale-if-error/;
    }), 'the refresh fails: the finished answer is served as stale';
};

subtest 'an answer that arrives dead' => sub {
    my $id = new_task('SUCCESS');

    $sim->behave($id,
        {presigned => {style => 'aws4', lifetime => 60, age => 3600}});
    my $began = time;
    $t->get("/status?taskId=$id") for 1 .. 5;
    cmp_ok $sim->count($id) - 1, '<=', time - $began,
        'is not fetched for each caller, but once a second';
};

$t->done;
