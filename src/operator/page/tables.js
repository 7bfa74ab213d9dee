// Zones, the last errors, and tables of counters.

const STATES = ['success', 'failed', 'processing', 'created', 'other',
    'error', 'none'];
const STATE_NAMES = {none: 'no answer yet', error: 'error only'};
const TIER_WRONG = {
    disk: {
        off: 'is gone around, as it did not answer in time',
        failing: 'cannot be written, the error log says why',
    },
    fleet: {
        off: 'is not reached, so this gateway is on its own',
    },
};


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
        tiers: element('div', {class: 'tiers'}),
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
        own.gone, own.tiers);
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

    showTiers(own.tiers, zone.tiers);

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


// What lies below a zone: of a tier the numbers that it has.

function showTiers(node, tiers) {
    while (node.children.length < tiers.length) {
        node.append(element('p'));
    }

    tiers.forEach((tier, i) => {
        node.children[i].classList.toggle('wrong',
            Boolean(TIER_WRONG[tier.name]?.[tier.state]));
        say(node.children[i], tierText(tier));
    });
}


function tierText(tier) {
    const numbers = [];

    if (tier.bytes !== undefined) {
        numbers.push(`${bytes(tier.bytes)} of ${bytes(tier.size)}`);
    }

    if (tier.answers !== undefined) {
        numbers.push(`about ${plural(tier.answers, 'answer', 'answers')}`);
    }

    if (tier.hits !== undefined) {
        numbers.push(`${count(tier.hits)} read from it`);
    }

    if (tier.lone !== undefined) {
        numbers.push(plural(tier.lone, 'fetch', 'fetches')
            + ' without its leases');
    }

    if (tier.dropped !== undefined) {
        numbers.push(`${count(tier.dropped)} lost before they were on it`);
    }

    return `${tier.name[0].toUpperCase()}${tier.name.slice(1)} `
        + (TIER_WRONG[tier.name]?.[tier.state] ?? tier.state)
        + `: ${numbers.join(', ')}`
        + (tier.damaged ? `; a damaged file was replaced ${clock(tier.damaged)}`
            : '');
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
