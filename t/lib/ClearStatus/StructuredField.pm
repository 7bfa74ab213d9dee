package ClearStatus::StructuredField;

# Reads a structured field (RFC 8941) as strictly as Cache-Status needs it: a
# list of tokens or strings with parameters.

use Mojo::Base -strict;

use Exporter qw(import);

our @EXPORT_OK = qw(parse_list);


# [[item, {name => value}], ...]; dies on what is not well-formed

sub parse_list {
    my ($text) = @_;

    my @members;

    for ($text) {
        while (1) {
            /\G *(?=\S)/gc or die "an item is missing\n";
            push @members, [bare_item($_), parameters($_)];
            last if /\G *\z/gc;
            /\G *, */gc or die 'not a list at ' . (pos // 0) . "\n";
        }
    }

    return \@members;
}


sub parameters {
    my %values;

    while ($_[0] =~ /\G *; *([a-z*][a-z0-9_.*-]*)/gc) {
        my $name = $1;
        $values{$name} = $_[0] =~ /\G=/gc ? bare_item($_[0]) : 1;
    }

    return \%values;
}


sub bare_item {
    return $1 if $_[0] =~ /\G(-?\d{1,15})(?![\d.])/gc;
    return $1 if $_[0] =~ m{\G([A-Za-z*][A-Za-z0-9!#\$%&'*+.^_`|~:/-]*)}gc;
    return $1 =~ s/\\(.)/$1/gr
        if $_[0] =~ /\G"((?:[ !#-\[\]-~]|\\["\\])*)"/gc;
    die 'no item at ' . (pos $_[0] // 0) . "\n";
}


1;
