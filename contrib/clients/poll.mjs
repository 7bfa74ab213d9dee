#!/usr/bin/env node

// Polls the gateway until a task is finished, with the fetch of Node 18:
//
//     node poll.mjs URL TASK_ID [DEADLINE [GRACE]]
//
// URL is the gateway's location, without a query.  DEADLINE: seconds until it
// gives up (1200); GRACE: seconds for which a task may be unknown (30).
//
// Exits with 0 where the task succeeded and 3 where it failed, the answer on
// standard output; 2 where the request is refused, 4 where there is no such
// task, 5 at the deadline.  Standard error tells of each step.
//
// From a program: poll(url, task) gives the state and the answer's text.

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';


// .code is the exit code

export class PollError extends Error {
    constructor(code, message) {
        super(message);
        this.code = code;
    }
}


const now = () => performance.now() / 1000;


// One request: status (0: no answer), header fields, body.  A gateway may
// hold it for up to 25 s, see docs/polling.md.

async function ask(url, task, limit) {
    try {
        const query = `taskId=${encodeURIComponent(task)}`;
        const answer = await fetch(`${url}?${query}`, {
            headers: { Accept: 'application/json', Prefer: 'wait=25' },
            redirect: 'manual',
            signal: AbortSignal.timeout(Math.ceil(limit * 1000)),
        });

        return [answer.status, answer.headers, await answer.text()];
    } catch (error) {
        return [0, new Headers(), ''];
    }
}


// The task's state and the message of an envelope, where it is one.

function lookInto(body) {
    try {
        const envelope = JSON.parse(body);
        return [envelope.result?.workflowStatus, envelope.message];
    } catch (error) {
        return [];
    }
}


// What the answer asks for, else 1, 2, 4 ... 30 s, some of it at random.

function pauseAfter(status, headers, failures) {
    const said = headers.get('Retry-After') ?? '';

    if (/^\d{1,5}$/.test(said)) {
        return Number(said);
    }
    if (status === 200) {
        return headers.has('Preference-Applied') ? 0 : 5;
    }

    return Math.min(30, 2 ** failures) * (1 + Math.random()) / 2;
}


export async function poll(url, task, deadline = 1200, grace = 30) {
    if (!URL.canParse(url) || isNaN(deadline) || isNaN(grace)) {
        throw new PollError(2, `not a URL, or not a number: ${url}`);
    }

    const end = now() + deadline;
    let failures = 0;
    let unknownSince;

    for ( ;; ) {
        const asked = now();
        const limit = Math.min(45, Math.max(1, end - asked));
        const [status, headers, body] = await ask(url, task, limit);
        const [state, message] = lookInto(body);
        let pause = pauseAfter(status, headers, failures);
        let what;

        if (status === 200) {
            if (state === 'SUCCESS' || state === 'FAILED') {
                return { state, body };
            }

            // CREATED, PROCESSING, and what may come to be one day
            what = state ?? 'no state';
            failures = 0;
            unknownSince = undefined;
        } else if (status === 404) {
            // it may not be there yet, just after the upload
            unknownSince ??= asked;
            if (asked - unknownSince >= grace) {
                throw new PollError(4, `${status}, ${message}`);
            }
            what = 'no such task yet';
            failures += 1;
        } else if (status === 0 || status === 429 || status >= 500) {
            what = String(status).padStart(3, '0');
            failures += 1;
        } else {
            throw new PollError(2, `${status}, ${message}`);
        }

        // not before a second after the last request, whatever was said
        pause = Math.max(pause, asked + 1 - now());
        console.error(`poll: ${what}, again in ${pause.toFixed()} s`);

        if (now() + pause >= end) {
            throw new PollError(5, `not finished after ${deadline} s`);
        }
        await sleep(pause * 1000);
    }
}


async function main(url, task, deadline, grace) {
    if (!url || !task) {
        console.error('usage: poll.mjs URL TASK_ID [DEADLINE [GRACE]]');
        return 2;
    }

    try {
        const { state, body } = await poll(url, task,
            deadline && Number(deadline), grace && Number(grace));

        process.stdout.write(body);
        return state === 'SUCCESS' ? 0 : 3;
    } catch (error) {
        if (!(error instanceof PollError)) {
            throw error;
        }
        console.error(`poll: ${error.message}`);
        return error.code;
    }
}


if (process.argv[1]
    && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
{
    process.exitCode = await main(...process.argv.slice(2));
}
