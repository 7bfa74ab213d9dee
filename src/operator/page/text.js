'use strict';

// Small things: elements, and numbers as people read them.  Whatever comes
// from the gateway goes into the page as text alone.

const SVG = 'http://www.w3.org/2000/svg';
const byId = (id) => document.getElementById(id);


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
