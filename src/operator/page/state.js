// The gateway itself: who it is, whose fetches pause, and its files with
// secrets.

const WHY = {
    down: 'upstream failed too often in a row',
    limited: 'upstream limits the rate (429)',
    credentials: 'upstream refuses the credentials',
};


function showGateway({host, version, nginx, libcurl, uptime, configured}) {
    name = host;
    say(byId('host'), host);
    say(byId('gateway'), `up ${span(uptime)}, configuration of `
        + `${clock(configured)}; version ${version}, nginx ${nginx}, `
        + `libcurl ${libcurl}`);
}


// Rows that are made once, and then only changed.

function showRows(table, rows) {
    const body = byId(table).tBodies[0];

    while (body.rows.length > rows.length) {
        body.rows[rows.length].remove();
    }

    rows.forEach((texts, i) => {
        const row = body.rows[i] ?? body.appendChild(element('tr', {
            role: 'row'}, ...texts.map(() => element('td', {role: 'cell'}))));

        texts.forEach((text, n) => say(row.cells[n], text));
    });
}


function showPaused(list, all, time) {
    byId('paused').hidden = list.length === 0;
    showRows('pauses', list.map((tenant) => [
        tenant.integrationId,
        tenant.upstream,
        tenant.asked ? 'upstream asked to wait (Retry-After)'
            : WHY[tenant.why],
        `${clock(time + tenant.left)}, in ${span(tenant.left)}`
            + (tenant.probed ? ', unless the probe that is out succeeds' : ''),
    ]));
    say(byId('more-paused'), all > list.length
        ? `And ${count(all - list.length)} more.` : '');
}


function showSecretFiles(list, all) {
    byId('secrets').hidden = list.length === 0;
    showRows('files', list.map((file) => [file.path, file.directive,
        fileState(file)]));
    say(byId('more-secrets'), all > list.length
        ? `And ${count(all - list.length)} more.` : '');

    list.forEach((file, i) => byId('files').tBodies[0].rows[i].classList
        .toggle('wrong', file.failing !== undefined));
}


function fileState(file) {
    const read = clock(file.read);
    const why = file.why ? ` (${file.why})` : '';

    return file.failing !== undefined
        ? `${file.wrong}${why}, since ${clock(file.failing)}; what was `
            + `read ${read} stays in use`
        : file.reload ? `read ${read}; the workers may not read it, so a new `
            + 'one takes a reload'
        : `readable, read ${read}`;
}
