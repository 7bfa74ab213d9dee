// The page as a whole: what the gateway counts is read each second.

const PERIOD = 1000;
const PATIENCE = 5000;

let timer = null;
let asking = false;
let awaySince = null;
let failures = 0;
let name = '';


function show(data) {
    const {error, ...fetches} = data.fetches;

    showGateway(data.gateway);
    showCards(take(data));
    showPaused(data.paused, data.tenantsPaused, data.time);
    showZones(data.zones);
    showSecretFiles(data.secretFiles, data.secretFilesKnown);
    showErrors(data.errors);
    say(byId('unknown'), data.unknown
        ? plural(data.unknown, 'fetch was', 'fetches were')
            + ' for a task that upstream does not know: 404, which is an '
            + 'answer and no error.'
        : '');
    showCounts('requests', data.requests);
    showCounts('fetches', {...fetches, error: error - data.unknown,
        'unknown task (404)': data.unknown});
    showCounts('responses', data.responses);
}


// The clockwork: one question at a time, none while nobody looks.

function link(text, className) {
    const node = byId('link');

    say(node, text);
    node.className = `link ${className}`;
    document.body.classList.toggle('away-now', className === 'away');
    document.title = (className === 'away' ? 'Not reachable - ' : '')
        + (name ? `${name} - ` : '') + 'Clear status gateway';
}


async function ask(query) {
    const response = await fetch(
        `${location.pathname}?${new URLSearchParams(query)}`,
        {cache: 'no-store', signal: AbortSignal.timeout(PATIENCE)});
    const data = await response.json().catch(() => null);

    return {status: response.status, data};
}


async function tick() {
    if (asking || document.hidden) {
        return;
    }

    clearTimeout(timer);
    asking = true;

    const begun = performance.now();
    let wrong = null;

    try {
        const {status, data} = await ask({format: 'json',
            ...missed() ? {history: 1} : {}});

        if (status === 200 && data?.requests) {
            show(data);

        } else {
            wrong = `it answers ${status}`;
        }

    } catch (error) {
        wrong = error.name === 'TimeoutError' ? 'no answer in time'
            : 'no connection';
    }

    asking = false;

    if (wrong) {
        failures++;
        awaySince ??= Date.now();
        link(`Not reachable since ${clock(awaySince)} (${wrong}), trying `
            + 'again', 'away');

    } else {
        failures = 0;
        awaySince = null;
        link('Live', 'live');
    }

    if (!document.hidden) {
        const pause = PERIOD * Math.min(Math.max(failures, 1), 5);
        timer = setTimeout(tick,
            Math.max(pause - (performance.now() - begun), 100));
    }
}


byId('look').addEventListener('submit', (event) => {
    event.preventDefault();
    lookUp();
});

document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
        clearTimeout(timer);
        link('Paused while hidden', '');

    } else {
        tick();
    }
});

makeCards();
tick();

const asked = new URLSearchParams(location.search);

if (asked.get('taskId')) {
    byId('task').value = asked.get('taskId');
    byId('integration').value = asked.get('integrationId') ?? '';
    lookUp();
}
