package ClearStatus::Browser;

# Chromium without a window, driven through chromedriver by WebDriver
# (W3C), with a profile of its own in the test's folder:
#
#     plan skip_all => 'chromium is not installed'
#         if !ClearStatus::Browser::installed();
#
#     my $browser = $t->adopt(ClearStatus::Browser->new(dir => $t->dir));
#     $browser->start;
#     $browser->open("http://127.0.0.1:$port/");
#     $browser->js('return document.title');
#     $browser->keys("\x{e004}abc\x{e007}");     # tab, abc, enter
#     $browser->devtools('Emulation.setEmulatedMedia', {...});
#     $browser->console;           # what came there since the last time

use Mojo::Base 'ClearStatus::Process', -signatures;

use Carp qw(croak);
use ClearStatus::Process qw(free_port stretch wait_for);
use HTTP::Tiny;
use MIME::Base64 qw(decode_base64);
use Mojo::JSON qw(decode_json encode_json);

has name => 'chromedriver';
has port => sub { free_port() };
has http => sub { HTTP::Tiny->new(timeout => 60 * stretch()) };
has 'session';


sub installed { return found('chromium') && found('chromedriver') }


sub found ($name) {
    return (grep {-x} map {"$_/$name"} split /:/, $ENV{PATH})[0];
}


sub start ($self) {
    my $url = 'http://127.0.0.1:' . $self->port;

    {
        # what it leaves in the home folder, and nobody's settings
        local @ENV{qw(HOME XDG_CONFIG_HOME XDG_CACHE_HOME TMPDIR)}
            = ($self->dir) x 4;
        local $ENV{CHROMIUM_FLAGS} = '';
        $self->spawn($self->dir . '/chromedriver.out', found('chromedriver'),
            '--port=' . $self->port);
    }

    wait_for(sub { $self->http->get("$url/status")->{success} }, 30)
        or croak 'chromedriver does not start';

    my $value = $self->call('POST', '/session', {capabilities => {
        alwaysMatch => {
            browserName          => 'chrome',
            'goog:loggingPrefs'  => {browser => 'ALL'},
            'goog:chromeOptions' => {
                binary => found('chromium'),
                args   => [
                    qw(--headless=new --no-sandbox --disable-gpu),
                    qw(--disable-dev-shm-usage --no-first-run),
                    qw(--disable-background-networking --hide-scrollbars),
                    qw(--disable-component-update --no-proxy-server),
                    '--window-size=1200,900',
                    '--user-data-dir=' . $self->dir . '/chromium',
                ],
            },
        },
    }});

    return $self->session("/session/$value->{sessionId}");
}


sub call ($self, $method, $path, $in = undef) {
    my $r = $self->http->request($method,
        'http://127.0.0.1:' . $self->port . $path, {
            headers => {'Content-Type' => 'application/json'},
            defined $in ? (content => encode_json($in)) : (),
        });
    my $out = eval { decode_json($r->{content}) };

    croak "$method $path: " . ($out->{value}{message} // $r->{content})
        if !$r->{success};
    return $out->{value};
}


sub of_session ($self, $method, $path, $in = undef) {
    return $self->call($method, $self->session . $path, $in);
}


# The browser ends with its session, chromedriver by the signal.

sub end ($self, $signal) {
    if ($self->session && $self->{owner} == $$) {
        eval { $self->call('DELETE', $self->session) };
        $self->session(undef);
    }

    return $self->SUPER::end($signal);
}


sub open ($self, $url) {
    return $self->of_session('POST', '/url', {url => $url});
}


sub js ($self, $script, @args) {
    return $self->of_session('POST', '/execute/sync',
        {script => $script, args => \@args});
}


# What a person presses, wherever the focus is.

sub keys ($self, $keys) {
    return $self->of_session('POST', '/actions', {actions => [{
        type    => 'key',
        id      => 'keyboard',
        actions => [map { (
            {type => 'keyDown', value => $_}, {type => 'keyUp', value => $_}
        ) } split //, $keys],
    }]});
}


sub devtools ($self, $command, $params = {}) {
    return $self->of_session('POST', '/goog/cdp/execute',
        {cmd => $command, params => $params});
}


sub console ($self) {
    return map { $_->{message} }
        @{ $self->of_session('POST', '/se/log', {type => 'browser'}) };
}


# The page as wide as a screen of so many pixels.

sub wide ($self, $width) {
    return $self->devtools('Emulation.setDeviceMetricsOverride', {
        width  => $width, height => 900, deviceScaleFactor => 1,
        mobile => $width < 600 ? \1 : \0,
    });
}


sub scheme ($self, $scheme) {
    return $self->devtools('Emulation.setEmulatedMedia', {
        features => [{name => 'prefers-color-scheme', value => $scheme}]
    });
}


# All of the page, not only what a window shows.

sub picture ($self, $file) {
    my $size = $self->devtools('Page.getLayoutMetrics')->{cssContentSize};
    my $shot = $self->devtools('Page.captureScreenshot', {
        captureBeyondViewport => \1,
        clip => {x => 0, y => 0, width => $size->{width},
            height => $size->{height}, scale => 1},
    });

    CORE::open my $fh, '>:raw', $file or croak "cannot write $file: $!";
    print $fh decode_base64($shot->{data});
    close $fh or croak "cannot write $file: $!";
}


1;
