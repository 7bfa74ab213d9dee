// The samples of the counters, what is made of them, and the cards that show
// it.

const SAMPLES = 120;
const WINDOW = 10;

let samples = [];


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


// A sample comes; what the cards are to show.

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
