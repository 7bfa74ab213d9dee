'use strict';

// The small demo of the page at "/": one task, waited for in two ways.

const byId = (id) => document.getElementById(id);
const path = byId('wait').dataset.path;

let stop = () => {};


// A line, with the seconds since the start.  Whatever comes goes into the page
// as text alone.

function teller(list, begun) {
    byId(list).replaceChildren();

    return (text) => {
        const line = document.createElement('li');
        const s = (performance.now() - begun) / 1000;

        line.textContent = `${s.toFixed(1)} s  ${text}`;
        byId(list).append(line);
    };
}


function told(body) {
    const {result, message} = JSON.parse(body);
    return result?.workflowStatus ?? message;
}


// Who is told that the time is over asks again, at once.

async function hold(url, tell, signal) {
    for (let n = 1; ; n++) {
        tell(n === 1 ? 'asked' : 'asked again');

        const response = await fetch(url,
            {headers: {Prefer: 'wait=25'}, signal});
        const body = await response.text();
        const state = response.ok ? told(body) : '';

        tell(`${response.status} ${told(body)}, `
            + (response.headers.has('Preference-Applied') ? 'held'
                : 'not held'));

        if (!['CREATED', 'PROCESSING'].includes(state)) {
            return;
        }

        const pause = response.headers.get('Retry-After') ?? 0;
        await new Promise((resolve) => setTimeout(resolve, 1000 * pause));
    }
}


function stream(url, tell) {
    const source = new EventSource(url);

    source.addEventListener('open', () => tell('open'));
    source.addEventListener('status', ({data}) => tell(told(data)));
    source.addEventListener('problem', ({data}) => tell(told(data)));
    source.addEventListener('error', () =>
        tell(source.readyState === EventSource.CLOSED ? 'over'
            : 'closed; it comes back'));
    return source;
}


function wait() {
    const taskId = byId('task').value;
    const url = `${path}?${new URLSearchParams({taskId})}`;
    const begun = performance.now();
    const ended = new AbortController();

    stop();
    document.querySelector('.ways').hidden = false;

    const tell = teller('held', begun);
    const source = stream(url, teller('stream', begun));

    hold(url, tell, ended.signal).catch((error) =>
        error.name === 'AbortError' || tell('no connection'));

    stop = () => {
        ended.abort();
        source.close();
    };
}


byId('wait').addEventListener('submit', (event) => {
    event.preventDefault();
    wait();
});

// The simulator reads begin and length of a task from its id.

byId('begin').addEventListener('click', () => {
    const hex = (n, digits) => Math.floor(n).toString(16).padStart(digits, '0');
    const length = String(byId('seconds').valueAsNumber || 12);

    byId('task').value = hex(Date.now() / 1000, 8)
        + `c10c${length.padStart(4, '0')}` + hex(Math.random() * 2 ** 28, 7)
        + '0';
    wait();
});
