'use strict';

(() => {

// What the gateway counts is read each second; rates are differences of two
// samples.  Whatever comes from there goes into the page as text alone.

const PERIOD = 1000;
const PATIENCE = 5000;
const SAMPLES = 120;
const WINDOW = 10;
const SVG = 'http://www.w3.org/2000/svg';
const STATES = ['success', 'failed', 'processing', 'created', 'other',
    'error', 'none'];
const STATE_NAMES = {none: 'no answer yet', error: 'error only'};
const byId = (id) => document.getElementById(id);

let samples = [];
let timer = null;
let asking = false;
let awaySince = null;
let failures = 0;


// Small things.

function element(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
}


function drawing(name, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, name), attributes, children);
}


function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        node.setAttribute(name, value);
    }

    node.append(...children);
    return node;
}


// A text that is the same is left alone: a selection in it stays, and a
// screen reader is not told again.

function say(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
}


function sum(counts) {
    return Object.values(counts).reduce((a, b) => a + b, 0);
}


const number = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const short = new Intl.NumberFormat('en',
    {notation: 'compact', maximumFractionDigits: 1});

const count = (n) => n < 100000 ? number.format(n) : short.format(n);
const plural = (n, one, more) => `${count(n)} ${n === 1 ? one : more}`;


function percent(part) {
    if (part === null) {
        return '–';
    }

    // never 100 % where it is not all
    const rounded = Math.floor(part * 1000) / 10;
    return `${rounded === 100 ? '100' : rounded.toFixed(1)} %`;
}


function perSecond(n) {
    return `${n < 10 && n > 0 ? n.toFixed(1) : count(Math.round(n))}/s`;
}


function bytes(n) {
    const units = ['B', 'KB', 'MB', 'GB'];
    let unit = 0;

    while (n >= 1024 && unit < units.length - 1) {
        n /= 1024;
        unit++;
    }

    return `${unit && n < 100 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}


function span(ms) {
    const s = Math.floor(ms / 1000);

    return ms < 1000 ? `${Math.round(ms)} ms`
        : s < 10 ? `${(ms / 1000).toFixed(1)} s`
        : s < 120 ? `${s} s`
        : s < 7200 ? `${Math.floor(s / 60)} min`
        : s < 172800 ? `${Math.floor(s / 3600)} h`
        : `${Math.floor(s / 86400)} days`;
}


function clock(ms) {
    const at = new Date(ms);
    const time = at.toTimeString().slice(0, 8);

    return at.toDateString() === new Date().toDateString() ? time
        : `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-`
            + `${String(at.getDate()).padStart(2, '0')} ${time}`;
}


// From the counters of a sample, or from the difference of two.

function digest(data) {
    const requests = sum(data.requests) - data.requests.NONE;
    const hits = data.requests.HIT + data.requests.STALE
        + data.requests.UPDATING;
    const fetches = sum(data.fetches);

    return {
        requests, fetches,
        ratio: requests ? hits / requests : null,
        saved: Math.max(requests - fetches, 0),
        failed: fetches - data.fetches.success,
        latency: fetches ? data.latency.sum / fetches : null,
        within: within(data.latency, .95),
    };
}


function within(latency, share) {
    const all = latency.counts.reduce((a, b) => a + b, 0);
    let so_far = 0;

    for (const [i, n] of latency.counts.entries()) {
        so_far += n;

        if (all && so_far >= share * all) {
            return i < latency.bounds.length ? latency.bounds[i] : Infinity;
        }
    }

    return null;
}


function difference(now, then) {
    const less = (a, b) => Object.fromEntries(
        Object.entries(a).map(([name, n]) => [name, n - (b[name] ?? 0)]));

    return {
        requests: less(now.requests, then.requests),
        fetches: less(now.fetches, then.fetches),
        latency: {
            bounds: now.latency.bounds,
            counts: now.latency.counts.map((n, i) =>
                n - then.latency.counts[i]),
            sum: now.latency.sum - then.latency.sum,
        },
    };
}


// The cards: each a name, a value, a note and a chart of two minutes.

const cards = [
    {
        name: 'Hit ratio',
        show: (now) => {
            const recent = now.recent.ratio;
            const all = `${percent(now.all.ratio)} since the start`;

            return recent === null
                ? [percent(now.all.ratio), 'since the start; no request in '
                    + `the last ${WINDOW} s`]
                : [percent(recent), `last ${WINDOW} s; ${all}`];
        },
        point: (step) => step.ratio,
        top: 1,
        peak: () => 'from 0 to 100 %',
    }, {
        name: 'Upstream calls saved',
        show: (now) => [count(now.all.saved),
            `${plural(now.all.requests, 'request', 'requests')}, `
            + plural(now.all.fetches, 'fetch', 'fetches')],
        point: (step) => step.saved / step.seconds,
        peak: perSecond,
    }, {
        name: 'Requests',
        show: (now) => [perSecond(now.recent.requests / now.seconds),
            `last ${WINDOW} s; ${count(now.all.requests)} since the start`],
        point: (step) => step.requests / step.seconds,
        peak: perSecond,
    }, {
        name: 'Fetches',
        show: (now) => [perSecond(now.recent.fetches / now.seconds),
            `last ${WINDOW} s, ${count(now.recent.failed)} with an error; `
            + `${count(now.all.fetches)} since the start`],
        point: (step) => step.fetches / step.seconds,
        peak: perSecond,
    }, {
        name: 'Fetch latency',
        show: (now) => {
            const from = now.recent.fetches ? now.recent : now.all;
            const when = now.recent.fetches ? `last ${WINDOW} s`
                : 'since the start';
            const most = from.within === Infinity ? 'more than 15 s'
                : `at most ${span(from.within)}`;

            return from.latency === null ? ['–', 'no fetch so far']
                : [span(from.latency), `mean, ${when}; 95\u00a0% take ${most}`];
        },
        point: (step) => step.latency,
        peak: span,
    }, {
        name: 'Flights in the air',
        show: (now) => [count(now.data.flights),
            `${plural(now.data.connections, 'connection', 'connections')} `
            + 'opened since the start'],
        point: (step) => step.flights,
        peak: count,
    }, {
        name: 'Collapsed requests',
        show: (now) => [count(now.data.collapsed),
            'waited for another request\u2019s fetch; '
            + `${count(now.data.stale)} were served stale`],
        point: (step) => step.collapsed / step.seconds,
        peak: perSecond,
    }, {
        name: 'Tenants paused',
        show: (now) => [count(now.data.tenantsPaused),
            now.data.tenantsPaused ? 'no fetch goes out for them'
                : 'all may fetch'],
        alarm: (now) => now.data.tenantsPaused > 0,
        point: (step) => step.paused,
        peak: count,
    },
];


function makeCards() {
    for (const card of cards) {
        card.value = element('span', {class: 'value'}, '–');
        card.note = element('span', {class: 'note'});
        card.limit = element('span', {class: 'peak', 'aria-hidden': true});
        card.area = drawing('path', {class: 'area'});
        card.line = drawing('path', {class: 'line'});
        card.node = element('li', {class: 'card'},
            element('span', {class: 'name'}, card.name), card.value,
            card.note,
            drawing('svg', {class: 'chart', 'aria-hidden': true,
                viewBox: `0 0 ${SAMPLES - 1} 32`,
                preserveAspectRatio: 'none'}, card.area, card.line),
            card.limit);
        byId('cards').append(card.node);
    }
}


function showCards(now) {
    for (const card of cards) {
        const [value, note] = card.show(now);

        say(card.value, value);
        say(card.note, note);
        card.node.classList.toggle('alarm', Boolean(card.alarm?.(now)));
        chart(card);
    }
}


// The newest at the right edge; where there is no value the line has a gap.

function chart(card) {
    const points = samples.map((sample) => sample.step
        ? card.point(sample.step) : null);
    const most = Math.max(0, ...points.filter((p) => p !== null));
    const top = card.top ?? (most || 1);
    const runs = [];
    let run = null;

    points.forEach((p, i) => {
        if (p === null) {
            run = null;
            return;
        }

        if (!run) {
            runs.push(run = []);
        }

        const x = SAMPLES - points.length + i;
        run.push([x, (30.5 - 28.5 * Math.min(p / top, 1)).toFixed(2)]);
    });

    const path = (points) => points.map((p) => p.join(' ')).join('L');
    const area = (points) => `M${points[0][0]} 32L${path(points)}`
        + `L${points.at(-1)[0]} 32Z`;

    card.line.setAttribute('d', runs.map((r) => `M${path(r)}`
        + (r.length === 1 ? 'h.01' : '')).join(''));
    card.area.setAttribute('d', runs.map(area).join(''));
    say(card.limit, card.top ? card.peak()
        : `peak of 2 min: ${card.peak(most)}`);
}


// Zones: made once for each name, then only changed.

const zones = new Map();


function showZones(list) {
    const names = list.map((zone) => zone.name);

    if (names.join('\n') !== [...zones.keys()].join('\n')) {
        zones.clear();
        byId('zones').replaceChildren(...list.map(makeZone));

        if (!list.length) {
            byId('zones').append(element('p', {class: 'quiet'},
                'No zone is configured.'));
        }
    }

    list.forEach(showZone);
}


function makeZone(zone) {
    const own = {
        fill: element('p'),
        used: drawing('rect', {class: 'used', height: 10}),
        total: element('p', {class: 'mix'}),
        gone: element('p', {class: 'quiet'}),
        parts: new Map(),
    };
    const mix = bar();
    const list = element('dl', {class: 'states'});

    for (const state of STATES) {
        const part = {
            rect: drawing('rect', {class: state, height: 10}),
            value: element('dd', {}, '0'),
        };

        part.row = element('div', {},
            element('span', {class: `swatch ${state}`, 'aria-hidden': true}),
            element('dt', {}, STATE_NAMES[state] ?? state), part.value);
        mix.append(part.rect);
        list.append(part.row);
        own.parts.set(state, part);
    }

    const fillBar = bar();
    fillBar.append(own.used);

    zones.set(zone.name, own);
    return element('article', {class: 'zone'},
        element('h3', {}, zone.name), own.fill, fillBar, own.total, mix, list,
        own.gone);
}


function bar() {
    return drawing('svg', {class: 'bar', viewBox: '0 0 1000 10',
        preserveAspectRatio: 'none', 'aria-hidden': true});
}


function showZone(zone) {
    const own = zones.get(zone.name);
    const size = zone.used + zone.free;
    const share = size ? zone.used / size : 0;
    const all = sum(zone.entries);
    let x = 0;

    say(own.fill, `${bytes(zone.used)} of ${bytes(size)} used, `
        + percent(share));
    own.used.setAttribute('width', Math.max(share * 1000, share ? 4 : 0));
    own.used.classList.toggle('full', share > .95);
    say(own.total, plural(all, 'entry', 'entries'));
    say(own.gone, `${count(sum(zone.evictions))} evicted to make room, `
        + `${count(zone.tooLarge)} too large to store`);

    for (const [state, part] of own.parts) {
        const n = zone.entries[state] ?? 0;
        const width = all ? 1000 * n / all : 0;

        part.rect.setAttribute('x', x);
        part.rect.setAttribute('width', width);
        part.row.hidden = n === 0;
        say(part.value, count(n));
        x += width;
    }
}


// The last errors, made anew only where there is another one.

let shownErrors = '';


function showErrors(errors) {
    const key = JSON.stringify(errors);

    if (key === shownErrors) {
        return;
    }

    // whoever stands on a task's button goes on standing there
    const focused = document.activeElement?.dataset?.error;

    shownErrors = key;
    byId('no-errors').hidden = errors.length > 0;
    byId('errors').hidden = errors.length === 0;
    byId('errors').tBodies[0].replaceChildren(...errors.map(errorRow));

    if (focused) {
        byId('errors').querySelector(
            `[data-error="${CSS.escape(focused)}"]`)?.focus();
    }
}


function errorRow(error) {
    const task = element('button', {type: 'button', class: 'task',
        title: 'Show what is stored for this task',
        'data-error': `${error.time} ${error.taskId}`}, error.taskId);

    task.addEventListener('click', () => {
        byId('task').value = error.taskId;
        byId('integration').value = '';
        byId('task').focus();
        lookUp();
    });

    const cell = (...what) => element('td', {role: 'cell'}, ...what);

    return element('tr', {role: 'row'},
        cell(element('time',
            {datetime: new Date(error.time).toISOString()},
            clock(error.time))),
        cell(String(error.status)),
        cell(error.upstreamStatus
            ? `${error.cause} (status ${error.upstreamStatus})`
            : error.cause),
        cell(task),
        cell(`${error.host}:${error.port}`));
}


function showCounts(id, counts) {
    const body = byId(id).tBodies[0];
    const names = Object.keys(counts);

    if (body.rows.length !== names.length
        || names.some((name, i) => body.rows[i].cells[0].textContent !== name))
    {
        body.replaceChildren(...names.map((name) => element('tr', {},
            element('th', {scope: 'row'}, name), element('td'))));
    }

    names.forEach((name, i) => say(body.rows[i].cells[1],
        number.format(counts[name])));
}


// Samples.

function take(data) {
    const at = performance.now();
    const last = samples.at(-1);
    const sample = {at, data, all: digest(data), step: null};

    // counters that went back began anew
    if (last && sum(data.requests) + sum(data.fetches)
        < sum(last.data.requests) + sum(last.data.fetches))
    {
        samples = [];

    } else if (last) {
        sample.step = {
            ...digest(difference(data, last.data)),
            seconds: (at - last.at) / 1000,
            collapsed: data.collapsed - last.data.collapsed,
            flights: data.flights,
            paused: data.tenantsPaused,
        };
    }

    samples = [...samples, sample].slice(-SAMPLES);

    const from = samples.findLast((s) => at - s.at >= (WINDOW - .5) * 1000)
        ?? samples[0];

    return {
        data,
        all: sample.all,
        recent: digest(difference(data, from.data)),
        seconds: Math.max((at - from.at) / 1000, 1),
    };
}


function show(data) {
    showCards(take(data));
    showZones(data.zones);
    showErrors(data.errors);
    showCounts('requests', data.requests);
    showCounts('fetches', data.fetches);
    showCounts('responses', data.responses);
}


// The clockwork: one question at a time, none while nobody looks.

function link(text, className) {
    const node = byId('link');

    say(node, text);
    node.className = `link ${className}`;
    document.body.classList.toggle('away-now', className === 'away');
    document.title = (className === 'away' ? 'Not reachable - ' : '')
        + 'Clear status gateway';
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
        const {status, data} = await ask({format: 'json'});

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


// The look-up of a task.

let lookUps = 0;


async function lookUp() {
    const found = byId('found');
    const taskId = byId('task').value;
    const integrationId = byId('integration').value;
    const mine = ++lookUps;

    found.replaceChildren(element('p', {class: 'quiet'}, 'Looking …'));

    let nodes;

    try {
        const {status, data} = await ask({format: 'json', taskId,
            ...integrationId ? {integrationId} : {}});

        nodes = status === 200 && data?.found ? findings(data)
            : [complaint(data?.error?.validationErrors?.[0],
                `The gateway answered ${status}.`)];

    } catch {
        nodes = [complaint(null, 'The gateway is not reachable.')];
    }

    if (mine === lookUps) {
        found.replaceChildren(...nodes);
    }
}


function complaint(detail, text) {
    return element('p', {class: 'wrong'},
        detail ? `${detail.field}: ${detail.message}` : text);
}


function findings(data) {
    if (!data.found.length) {
        return [element('p', {}, 'Nothing is stored for '
            + `\u201c${data.taskId}\u201d.`)];
    }

    const nodes = data.found.map(finding);

    nodes.unshift(element('p', {}, plural(data.found.length, 'entry',
        'entries') + ` for \u201c${data.taskId}\u201d`
        + (data.more ? '; there are more' : '')));
    return nodes;
}


function finding(entry) {
    const node = element('article', {class: 'entry'}, facts([
        ['State', STATE_NAMES[entry.state] ?? entry.state],
        ['Integration id', entry.integrationId],
        ['Zone', entry.zone],
        ['Fetch in the air', entry.flying ? 'yes' : 'no'],
    ]));

    if (entry.success) {
        node.append(...answer('Stored answer', entry.success));
    }

    if (entry.error) {
        node.append(...answer('Last error', entry.error));
    }

    return node;
}


function answer(title, stored) {
    const fresh = stored.freshFor === undefined ? 'for ever'
        : stored.freshFor > 0 ? `for ${span(stored.freshFor)}`
        : `no, stale since ${span(-stored.freshFor)}`;
    const nodes = [element('h4', {}, title), facts([
        ['Status', String(stored.status)],
        ['Age', span(stored.age)],
        ['Fresh', fresh],
        ['Size', bytes(stored.size)],
        ['Presigned URLs', stored.urls ? 'yes' : 'no'],
        ['Upstream said', stored.upstreamStatus
            ? `${stored.upstreamStatus} in ${span(stored.upstreamTime)}`
            : `nothing in ${span(stored.upstreamTime)}`],
    ])];

    if (stored.body !== undefined) {
        nodes.push(element('pre', {tabindex: 0, role: 'region',
            'aria-label': `${title}: body`}, stored.body));
    }

    return nodes;
}


function facts(list) {
    return element('dl', {class: 'facts'}, ...list.map(([name, value]) =>
        element('div', {}, element('dt', {}, name),
            element('dd', {}, value))));
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

})();
