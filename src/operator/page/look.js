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
