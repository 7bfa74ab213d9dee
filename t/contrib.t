# The alert rules and the dashboard in contrib/: Prometheus takes them, and they
# speak of the metrics that the module shows, of all of them.

use Mojo::Base -strict, -signatures;

use FindBin qw($Bin);
use lib "$Bin/lib";

use ClearStatus::Promtool;
use ClearStatus::Test;
use Mojo::File qw(path);
use Mojo::JSON qw(decode_json);
use Test::More;
use YAML::PP;

my $root  = path("$Bin/..");
my $rules = $root->child('contrib/prometheus/clear_status.rules.yml');
my $tests = $root->child('contrib/prometheus/clear_status.rules.test.yml');
my $dash  = $root->child('contrib/grafana/clear_status.json');
my @rules = map { @{ $_->{rules} } }
    @{ YAML::PP->new->load_file("$rules")->{groups} };
my $board = decode_json($dash->slurp);
my @tests = map { @{ $_->{alert_rule_test} } }
    @{ YAML::PP->new->load_file("$tests")->{tests} };


# Prometheus' own word.

promtool_ok 'check rules', "$rules", 'the rules';
promtool_ok 'test rules', "$tests", 'their tests';

{
    my $broken = File::Temp->new(SUFFIX => '.yml');

    print $broken $rules->slurp =~ s/absent\(/absentee(/r;
    close $broken;
    promtool_finds 'check rules', "$broken", 'a broken rule is found';

    my $dir  = $rules->dirname;
    my $here = $tests->slurp =~ s/(rule_files:\n  - )/$1$dir\//r;
    my $copy = File::Temp->new(SUFFIX => '.yml');

    print $copy $here;
    close $copy;
    promtool_ok 'test rules', "$copy", 'a copy of the tests';

    $broken = File::Temp->new(SUFFIX => '.yml');
    print $broken $here =~ s/0\+6x60/0+0x60/r;
    close $broken;
    promtool_finds 'test rules', "$broken", 'an alert that stays away too';
}


# Alerts.

my $operations = $root->child('docs/operations.md')->slurp;
my $runbook    = '{{ or $externalLabels.clear_status_runbook'
    . ' "https://clear-status-runbook.invalid/operations.md" }}#';

ok @rules >= 8, 'there are alerts';

for my $rule (@rules) {
    my $name = $rule->{alert};
    my @of   = grep { $_->{alertname} eq $name } @tests;

    ok scalar(grep { $_->{exp_alerts} } @of), "$name: a test where it is due";
    ok scalar(grep { !$_->{exp_alerts} } @of), "$name: and where it is not";
    like $rule->{labels}{severity}, qr/^(?:warning|critical)$/,
        "$name: severity";

    is $rule->{annotations}{runbook_url} =~ s/\s+/ /gr, $runbook . lc $name,
        "$name: its page, wherever that is";
    like $operations, qr/^### \Q$name\E$/m, "$name: is explained there";
}

my @explained = $operations =~ /^### (ClearStatus\w+)$/mg;
is_deeply [sort @explained], [sort map { $_->{alert} } @rules],
    'no other alert is explained';


# The dashboard, as Grafana has it.

my @panels  = @{ $board->{panels} };
my @targets = map { @{ $_->{targets} // [] } } @panels;
my (%ids, %at);

like $board->{$_}, qr/\S/, "the dashboard's $_" for qw(title uid schemaVersion);
is $board->{id}, undef, 'no id of one Grafana';

for my $panel (@panels) {
    my ($x, $y, $w, $h) = @{ $panel->{gridPos} }{qw(x y w h)};
    my $name = "panel \"$panel->{title}\"";

    ok !$ids{ $panel->{id} }++, "$name: its own id";
    cmp_ok $x + $w, '<=', 24, "$name: fits";

    my @cells = map {
        my $row = $_;
        map {"$_,$row"} $x .. $x + $w - 1;
    } $y .. $y + $h - 1;
    ok !(grep { $at{$_}++ } @cells), "$name: covers no other";

    next if $panel->{type} eq 'row';
    my @refs = map { $_->{refId} } @{ $panel->{targets} };
    my %refs = map { $_ => 1 } @refs;

    ok @refs && @refs == keys %refs, "$name: queries with names";
    is $_->{datasource}{uid}, '${datasource}', "$name: the chosen source"
        for $panel, @{ $panel->{targets} };
    like $panel->{fieldConfig}{defaults}{unit}, qr/^\w+$/, "$name: a unit";
}

my %variable = map { $_->{name} => 1 } @{ $board->{templating}{list} };
my @used     = $dash->slurp =~ /\$\{?([a-z]\w+)/g;
is_deeply [grep { !$variable{$_} && $_ !~ /^clear_status/ } @used], [],
    'variables that there are';


# Its queries are PromQL.

my @queries = map { $_->{expr} } @targets;
my $plain   = "groups:\n- name: queries\n  rules:\n" . join '', map {
    my $query = $queries[$_] =~ s/\$__rate_interval/5m/gr
        =~ s/\$(?:job|instance)/.*/gr;
    "  - {record: query_$_, expr: '$query'}\n";
} 0 .. $#queries;
my $file = File::Temp->new(SUFFIX => '.yml');
print $file $plain;
close $file;
promtool_ok 'check rules', "$file", "the dashboard's queries";


# What the module shows, after some traffic.

my $t = ClearStatus::Test->new;

$t->conf(<<'EOC')->run;
%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    clear_status_zone zone=answers:1m;
    clear_status_disk zone=answers %%DIR%%/disk;
    clear_status_redis zone=answers redis://127.0.0.1:9;

    server {
        listen 127.0.0.1:%%PORT%%;

        location = /status {
            clear_status_pass %%UPSTREAM%%;
            clear_status_cache answers;
            clear_status_auth_token %%TOKEN%%;
            clear_status_integration_id tenant-a;
        }

        location = /metrics {
            clear_status_metrics;
        }
    }
}
EOC

$t->get('/status?taskId=' . new_task('SUCCESS'));

my $text    = $t->get('/metrics')->body;
my %type    = $text =~ /^# TYPE (\w+) (\w+)$/mg;
my %samples = map { $_ => {} } keys %type;

for my $line (grep {/^\w/} split /\n/, $text) {
    my ($name, $labels) = $line =~ /^(\w+?)(?:\{(.*)\})? /;
    my %labels = ($labels // '') =~ /(\w+)="([^"]*)"/g;

    $samples{$name}{$_}{ $labels{$_} } = 1 for keys %labels;
    $samples{$name} //= {};
}

# metrics, labels and their values as queries write them

sub strangers ($query) {
    my @found;

    while ($query =~ /\b(clear_status_\w+)(?:\{([^}]*)\})?/g) {
        my ($name, $matchers) = ($1, $2 // '');
        my $known = $samples{$name};

        push @found, $name if !$known;
        while ($matchers =~ /(\w+)(?:=~|!~|!=|=)"([^"]*)"/g) {
            my ($label, $values) = ($1, $2);

            next if $label =~ /^(?:job|instance)$/;
            push @found, "$name\{$label}" if !$known->{$label};
            push @found, map {"$name\{$label=$_}"}
                grep { $label ne 'status' && !$known->{$label}{$_} }
                split /\|/, $values;
        }
    }

    return @found;
}


my @all = (@queries, map { $_->{expr} } @rules);
is_deeply [map { strangers($_) } @all], [], 'queries name what there is';
is_deeply [strangers('clear_status_flight + clear_status_zone_bytes'
    . '{zone="answers",kind="fre"} + clear_status_flights{cache="HIT"}')],
    ['clear_status_flight', 'clear_status_zone_bytes{kind=fre}',
    'clear_status_flights{cache}', 'clear_status_flights{cache=HIT}'],
    'and what there is not would be found';

for my $name (sort keys %type) {
    my $samples = $type{$name} eq 'histogram' ? "${name}_bucket" : $name;

    ok scalar(grep {/\b$samples\b/} @queries), "the dashboard shows $name";
}

my $page = $root->child('docs/directives.md')->slurp;
is_deeply [sort $page =~ /^\| `(clear_status_\w+?)(?:\{[\w,]+\})?` \|/mg],
    [sort keys %type], 'docs/directives.md lists each, and no other';

$t->done;
