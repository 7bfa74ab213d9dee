package ClearStatus::Certificates;

# A private CA in the test's folder, and certificates from it, good ones and
# bad ones.  Made by the openssl command.

use Mojo::Base -base, -signatures;

use POSIX qw(strftime);

has 'dir';
has home => sub ($self) {
    my $home = $self->dir . '/ca';

    mkdir $home;
    write_file("$home/ca.conf", ca_conf($home));
    write_file("$home/index.txt", '');
    return $home;
};
has ca => sub ($self) {
    my $home = $self->home;

    $self->openssl('req', '-x509', '-nodes', '-days', 30, '-subj',
        '/CN=clear-status test CA', $self->new_key("$home/root.key"), '-out',
        "$home/root.pem", '-config', "$home/ca.conf", '-extensions', 'root');
    return "$home/root.pem";
};


# {cert, key, ca}: files, readable for workers.  Options: names (subject
# alternative names, a list; default: the name and 127.0.0.1), subject (default:
# /CN=name), expired, self_signed, client, rsa (the kind of its key).

sub certificate ($self, $name, %options) {
    my $ca    = $self->ca;
    my $home  = $self->home;
    my $label = join '-', $name =~ s/\W/_/gr, sort keys %options;
    my ($cert, $key) = map {"$home/$label.$_"} qw(pem key);

    return {cert => $cert, key => $key, ca => $ca} if -e $cert;

    my @names = map {"DNS:$_"} @{ $options{names} // [$name] };
    push @names, 'IP:127.0.0.1' if !$options{names};
    local $ENV{ALT_NAMES} = join ',', @names;

    my @subject = ('-subj', $options{subject} // "/CN=$name", '-config',
        "$home/ca.conf");
    my @new_key = $options{rsa} ? ('-newkey', 'rsa:2048', '-keyout', $key)
        : $self->new_key($key);

    if ($options{self_signed}) {
        $self->openssl('req', '-x509', '-nodes', '-days', 30, @subject,
            @new_key, '-out', $cert, '-extensions', 'leaf');

    } else {
        $self->openssl('req', '-new', '-nodes', @subject, @new_key, '-out',
            "$home/$label.csr");
        $self->openssl('ca', '-batch', '-notext', '-config', "$home/ca.conf",
            '-in', "$home/$label.csr", '-out', $cert, '-startdate',
            stamp(-20), '-enddate', stamp($options{expired} ? -10 : 30));
    }

    chmod 0644, $key;
    return {cert => $cert, key => $key, ca => $ca};
}


# A list of what the CA has revoked, for 30 days, at that path. Options: revoke
# (certificates' files, a list), expired.

sub crl ($self, $path, %options) {
    my $conf = $self->home . '/ca.conf';
    my @time = $options{expired}
        ? ('-crl_lastupdate', stamp(-20), '-crl_nextupdate', stamp(-10))
        : ('-crldays', 30);

    $self->ca;
    $self->openssl('ca', '-config', $conf, '-revoke', $_)
        for @{ $options{revoke} // [] };
    $self->openssl('ca', '-config', $conf, '-gencrl', @time, '-out',
        "$path.new");

    rename "$path.new", $path or die "$path: $!\n";
    return $path;
}


sub new_key ($self, $file) {
    return ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout',
        $file);
}


sub stamp ($days) {
    return strftime '%Y%m%d%H%M%SZ', gmtime time + $days * 86400;
}


sub openssl ($self, @arguments) {
    my $log = $self->home . '/openssl.log';
    local $ENV{ALT_NAMES} = $ENV{ALT_NAMES} // 'DNS:none';

    open my $pipe, '-|', 'sh', '-c', 'exec openssl "$@" 2>&1', 'openssl',
        @arguments or die "cannot run openssl: $!\n";
    my $output = do { local $/; <$pipe> };
    close $pipe or die "openssl @arguments failed:\n$output\n";
}


sub write_file ($path, $content) {
    open my $fh, '>', $path or die "cannot write $path: $!\n";
    print $fh $content;
    close $fh;
}


sub ca_conf ($home) {
    return <<"END";
[req]
distinguished_name = name
[name]
[ca]
default_ca = private
[private]
new_certs_dir = $home
database = $home/index.txt
rand_serial = yes
unique_subject = no
certificate = $home/root.pem
private_key = $home/root.key
default_md = sha256
policy = any
x509_extensions = leaf
[any]
organizationName = optional
commonName = supplied
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:FALSE
subjectAltName = \$ENV::ALT_NAMES
extendedKeyUsage = serverAuth,clientAuth
END
}


1;
