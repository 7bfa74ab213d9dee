// The moments of the last two minutes, what is made of them, and the cards that
// show it.  The gateway has kept those from before the page was there.

const SECONDS = 120;
const WINDOW = 10;

let moments = [];
let tookAt = -Infinity;


// Of two moments, or of one since the start.

function digest(now, then, bounds) {
    const less = (name) => now[name] - (then?.[name] ?? 0);
    const requests = less('requests');
    const fetches = less('fetches');
    const counts = now.counts.map((n, i) => n - (then?.counts[i] ?? 0));

    return {
        requests, fetches,
        seconds: Math.max(less('at') / 1000, 1),
        ratio: requests ? less('hits') / requests : null,
        saved: Math.max(requests - fetches, 0),
        failed: less('failed'),
        latency: fetches ? less('ms') / fetches : null,
        within: within(counts, bounds, .95),
        collapsed: less('collapsed'),
        flights: now.flights,
        waiting: now.held + now.streams,
        paused: now.paused,
    };
}


function within(counts, bounds, share) {
    const all = counts.reduce((a, b) => a + b, 0);
    let so_far = 0;

    for (const [i, n] of counts.entries()) {
        so_far += n;

        if (all && so_far >= share * all) {
            return i < bounds.length ? bounds[i] : Infinity;
        }
    }

    return null;
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
        show: (now) => [perSecond(now.recent.requests / now.recent.seconds),
            `last ${WINDOW} s; ${count(now.all.requests)} since the start`],
        point: (step) => step.requests / step.seconds,
        peak: perSecond,
    }, {
        name: 'Fetches',
        show: (now) => [perSecond(now.recent.fetches / now.recent.seconds),
            `last ${WINDOW} s, ${count(now.recent.failed)} failed; `
            + `${count(now.all.fetches)} since the start, `
            + `${count(now.all.failed)} failed`],
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
        name: 'Waiting for news',
        show: ({data: {waiting}}) => [count(waiting.held + waiting.streams),
            waiting.oldest === undefined ? 'no request is held, no stream open'
                : `${count(waiting.held)} held, `
                    + plural(waiting.streams, 'stream', 'streams')
                    + `; the oldest for ${span(waiting.oldest)}`],
        point: (step) => step.waiting,
        peak: count,
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
                viewBox: `0 0 ${SECONDS} 32`,
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
    const newest = moments.at(-1).at;
    const points = moments.map((moment) => moment.step
        ? card.point(moment.step) : null);
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

        run.push([(SECONDS - (newest - moments[i].at) / 1000).toFixed(1),
            (30.5 - 28.5 * Math.min(p / top, 1)).toFixed(2)]);
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


// Whether the page has missed moments, which the gateway then is asked for.

function missed() {
    return !moments.length || performance.now() - tookAt > 2500;
}


function take(data) {
    const {now, history, latency: {bounds}} = data;

    // counters that went back began anew
    if (history || now.at < moments.at(-1)?.at) {
        moments = [];
    }

    history?.filter((moment) => moment.at < now.at)
        .forEach((moment) => keep(moment, bounds));
    keep(now, bounds);
    tookAt = performance.now();

    const from = moments.findLast((m) => now.at - m.at >= (WINDOW - .5) * 1000)
        ?? moments[0];

    return {
        data,
        all: digest(now, null, bounds),
        recent: digest(now, from, bounds),
    };
}


// One that comes right after the last would make much of little.

function keep(moment, bounds) {
    const last = moments.at(-1);

    if (last && moment.at - last.at < 500) {
        return;
    }

    const step = last ? digest(moment, last, bounds) : null;

    moments = [...moments, {...moment, step}]
        .filter((m) => moment.at - m.at <= SECONDS * 1000);
}
