/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * The dashboard's page and its Content-Security-Policy.
 * Made by tools/page of src/operator/page/: change it there.
 */


#ifndef _NGX_CS_OPERATOR_DASHBOARD_PAGE_H_INCLUDED_
#define _NGX_CS_OPERATOR_DASHBOARD_PAGE_H_INCLUDED_


#define NGX_CS_DASHBOARD_POLICY                                              \
    "default-src 'none'; style-src 'sha256-1avGy54qdywy+xLHnQnWGfNGSBeX4Nla" \
    "4evQB6MLBig='; script-src 'sha256-h/V4pW8LDYT6d85lk3LaUTdWuC80nWPyu7mW" \
    "HGJH3BM='; connect-src 'self'; img-src data:; base-uri 'none'; form-ac" \
    "tion 'none'; frame-ancestors 'none'"

#define NGX_CS_DASHBOARD_PAGE                                                \
    "<!DOCTYPE html>\n"                                                      \
    "<html lang=\"en\">\n"                                                   \
    "<head>\n"                                                               \
    "<meta charset=\"utf-8\">\n"                                             \
    "<title>Clear status gateway</title>\n"                                  \
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1"  \
    "\">\n"                                                                  \
    "<meta name=\"color-scheme\" content=\"light dark\">\n"                  \
    "<link rel=\"icon\" href=\"data:,\">\n"                                  \
    "<style>:root {\n"                                                       \
    "    color-scheme: light dark;\n"                                        \
    "    --ground: #f4f6f8;\n"                                               \
    "    --panel: #ffffff;\n"                                                \
    "    --text: #1a2027;\n"                                                 \
    "    --quiet: #57626e;\n"                                                \
    "    --edge: #d5dbe2;\n"                                                 \
    "    --accent: #0a5cbf;\n"                                               \
    "    --on-accent: #ffffff;\n"                                            \
    "    --good: #1a7f37;\n"                                                 \
    "    --warn: #8f5f00;\n"                                                 \
    "    --bad: #c0242c;\n"                                                  \
    "    --created: #2f7bd9;\n"                                              \
    "    --processing: #d99a1c;\n"                                           \
    "    --success: #2a9a4b;\n"                                              \
    "    --failed: #8a5b33;\n"                                               \
    "    --other: #14828a;\n"                                                \
    "    --error: #7d3fb0;\n"                                                \
    "    --none: #98a3af;\n"                                                 \
    "}\n"                                                                    \
    "\n"                                                                     \
    "@media (prefers-color-scheme: dark) {\n"                                \
    "    :root {\n"                                                          \
    "        --ground: #0e1217;\n"                                           \
    "        --panel: #171d24;\n"                                            \
    "        --text: #e5eaf0;\n"                                             \
    "        --quiet: #9ba7b4;\n"                                            \
    "        --edge: #2c3540;\n"                                             \
    "        --accent: #72b3ff;\n"                                           \
    "        --on-accent: #0b1622;\n"                                        \
    "        --good: #56c776;\n"                                             \
    "        --warn: #e0ae3a;\n"                                             \
    "        --bad: #ff8079;\n"                                              \
    "        --created: #5aa0f2;\n"                                          \
    "        --processing: #e0ae3a;\n"                                       \
    "        --success: #47b567;\n"                                          \
    "        --failed: #c9976b;\n"                                           \
    "        --other: #45b8b4;\n"                                            \
    "        --error: #bd90f5;\n"                                            \
    "        --none: #76828f;\n"                                             \
    "    }\n"                                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "* {\n"                                                                  \
    "    box-sizing: border-box;\n"                                          \
    "}\n"                                                                    \
    "\n"                                                                     \
    "[hidden] {\n"                                                           \
    "    display: none !important;\n"                                        \
    "}\n"                                                                    \
    "\n"                                                                     \
    "body {\n"                                                               \
    "    margin: 0 auto;\n"                                                  \
    "    padding: 1rem clamp(.75rem, 3vw, 2rem) 3rem;\n"                     \
    "    max-width: 80rem;\n"                                                \
    "    background: var(--ground);\n"                                       \
    "    color: var(--text);\n"                                              \
    "    font: 1rem/1.45 system-ui, -apple-system, \"Segoe UI\", Roboto, \"" \
    "Noto Sans\",\n"                                                         \
    "        \"Liberation Sans\", sans-serif;\n"                             \
    "    font-variant-numeric: tabular-nums;\n"                              \
    "}\n"                                                                    \
    "\n"                                                                     \
    "header {\n"                                                             \
    "    display: flex;\n"                                                   \
    "    flex-wrap: wrap;\n"                                                 \
    "    align-items: center;\n"                                             \
    "    justify-content: space-between;\n"                                  \
    "    gap: .25rem 1rem;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "h1 {\n"                                                                 \
    "    margin: 0;\n"                                                       \
    "    font-size: 1.35rem;\n"                                              \
    "}\n"                                                                    \
    "\n"                                                                     \
    "#host {\n"                                                              \
    "    color: var(--quiet);\n"                                             \
    "    font-weight: 400;\n"                                                \
    "    overflow-wrap: anywhere;\n"                                         \
    "}\n"                                                                    \
    "\n"                                                                     \
    "#gateway {\n"                                                           \
    "    flex-basis: 100%;\n"                                                \
    "    font-size: .9rem;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "h2 {\n"                                                                 \
    "    margin: 1.75rem 0 .6rem;\n"                                         \
    "    font-size: 1.05rem;\n"                                              \
    "}\n"                                                                    \
    "\n"                                                                     \
    "h3 {\n"                                                                 \
    "    margin: 0;\n"                                                       \
    "    font-size: 1rem;\n"                                                 \
    "    overflow-wrap: anywhere;\n"                                         \
    "}\n"                                                                    \
    "\n"                                                                     \
    "p {\n"                                                                  \
    "    margin: 0;\n"                                                       \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".quiet,\n"                                                              \
    "caption,\n"                                                             \
    "dt,\n"                                                                  \
    ".card .name,\n"                                                         \
    ".card .note {\n"                                                        \
    "    color: var(--quiet);\n"                                             \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".link {\n"                                                              \
    "    display: flex;\n"                                                   \
    "    align-items: center;\n"                                             \
    "    gap: .5rem;\n"                                                      \
    "    font-weight: 600;\n"                                                \
    "    color: var(--quiet);\n"                                             \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".link::before {\n"                                                      \
    "    content: \"\";\n"                                                   \
    "    width: .65rem;\n"                                                   \
    "    height: .65rem;\n"                                                  \
    "    border-radius: 50%;\n"                                              \
    "    background: currentColor;\n"                                        \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".link.live {\n"                                                         \
    "    color: var(--good);\n"                                              \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".link.away {\n"                                                         \
    "    color: var(--bad);\n"                                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".away-now .cards,\n"                                                    \
    ".away-now .zones {\n"                                                   \
    "    opacity: .55;\n"                                                    \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".panel,\n"                                                              \
    ".card,\n"                                                               \
    ".zone {\n"                                                              \
    "    padding: .9rem 1rem;\n"                                             \
    "    background: var(--panel);\n"                                        \
    "    border: 1px solid var(--edge);\n"                                   \
    "    border-radius: .6rem;\n"                                            \
    "    min-width: 0;\n"                                                    \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".cards,\n"                                                              \
    ".zones,\n"                                                              \
    ".counts {\n"                                                            \
    "    display: grid;\n"                                                   \
    "    gap: .75rem;\n"                                                     \
    "    margin: 0;\n"                                                       \
    "    padding: 0;\n"                                                      \
    "    list-style: none;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".cards {\n"                                                             \
    "    grid-template-columns: repeat(auto-fill, minmax(min(13rem, 100%), " \
    "1fr));\n"                                                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".zones,\n"                                                              \
    ".counts {\n"                                                            \
    "    grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1" \
    "fr));\n"                                                                \
    "    align-items: start;\n"                                              \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".card {\n"                                                              \
    "    display: flex;\n"                                                   \
    "    flex-direction: column;\n"                                          \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".card .value {\n"                                                       \
    "    font-size: 1.75rem;\n"                                              \
    "    font-weight: 600;\n"                                                \
    "    line-height: 1.25;\n"                                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".card .note {\n"                                                        \
    "    min-height: 2.6em;\n"                                               \
    "    margin-bottom: .5rem;\n"                                            \
    "    font-size: .875rem;\n"                                              \
    "    line-height: 1.3;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".card.alarm .value {\n"                                                 \
    "    color: var(--bad);\n"                                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".chart {\n"                                                             \
    "    display: block;\n"                                                  \
    "    width: 100%;\n"                                                     \
    "    height: 2.75rem;\n"                                                 \
    "    margin-top: auto;\n"                                                \
    "    border-bottom: 1px solid var(--edge);\n"                            \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".chart .line {\n"                                                       \
    "    fill: none;\n"                                                      \
    "    stroke: var(--accent);\n"                                           \
    "    stroke-width: 1.75;\n"                                              \
    "    stroke-linejoin: round;\n"                                          \
    "    vector-effect: non-scaling-stroke;\n"                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".chart .area {\n"                                                       \
    "    fill: var(--accent);\n"                                             \
    "    opacity: .14;\n"                                                    \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".card .peak {\n"                                                        \
    "    margin-top: .25rem;\n"                                              \
    "    font-size: .8rem;\n"                                                \
    "    color: var(--quiet);\n"                                             \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".bar {\n"                                                               \
    "    display: block;\n"                                                  \
    "    width: 100%;\n"                                                     \
    "    height: .75rem;\n"                                                  \
    "    margin: .4rem 0;\n"                                                 \
    "    border-radius: .25rem;\n"                                           \
    "    background: var(--edge);\n"                                         \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".bar .used {\n"                                                         \
    "    fill: var(--accent);\n"                                             \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".bar .used.full {\n"                                                    \
    "    fill: var(--bad);\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".zone p {\n"                                                            \
    "    font-size: .875rem;\n"                                              \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".zone .mix,\n"                                                          \
    ".tiers p {\n"                                                           \
    "    margin-top: .9rem;\n"                                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    "#unknown:not(:empty) {\n"                                               \
    "    margin: .2rem 0 .6rem;\n"                                           \
    "    font-size: .9rem;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "dl {\n"                                                                 \
    "    margin: 0;\n"                                                       \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".states {\n"                                                            \
    "    display: grid;\n"                                                   \
    "    grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr));\n"     \
    "    gap: .15rem 1rem;\n"                                                \
    "    font-size: .9rem;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".states div {\n"                                                        \
    "    display: flex;\n"                                                   \
    "    align-items: center;\n"                                             \
    "    gap: .45rem;\n"                                                     \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".states dd {\n"                                                         \
    "    margin: 0;\n"                                                       \
    "    font-weight: 600;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".swatch {\n"                                                            \
    "    flex: none;\n"                                                      \
    "    width: .7rem;\n"                                                    \
    "    height: .7rem;\n"                                                   \
    "    border-radius: .15rem;\n"                                           \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".created { fill: var(--created); background: var(--created); }\n"       \
    ".processing { fill: var(--processing); background: var(--processing); " \
    "}\n"                                                                    \
    ".success { fill: var(--success); background: var(--success); }\n"       \
    ".failed { fill: var(--failed); background: var(--failed); }\n"          \
    ".other { fill: var(--other); background: var(--other); }\n"             \
    ".error { fill: var(--error); background: var(--error); }\n"             \
    ".none { fill: var(--none); background: var(--none); }\n"                \
    "\n"                                                                     \
    "table {\n"                                                              \
    "    width: 100%;\n"                                                     \
    "    border-collapse: collapse;\n"                                       \
    "    font-size: .9rem;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "caption {\n"                                                            \
    "    padding-bottom: .4rem;\n"                                           \
    "    text-align: left;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "th,\n"                                                                  \
    "td {\n"                                                                 \
    "    padding: .35rem .75rem .35rem 0;\n"                                 \
    "    text-align: left;\n"                                                \
    "    vertical-align: top;\n"                                             \
    "    border-top: 1px solid var(--edge);\n"                               \
    "    overflow-wrap: anywhere;\n"                                         \
    "}\n"                                                                    \
    "\n"                                                                     \
    "thead th {\n"                                                           \
    "    border-top: 0;\n"                                                   \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".counts th {\n"                                                         \
    "    font-weight: 400;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".counts td {\n"                                                         \
    "    padding-right: 0;\n"                                                \
    "    text-align: right;\n"                                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    "#errors th:first-child,\n"                                              \
    "#errors td:first-child {\n"                                             \
    "    white-space: nowrap;\n"                                             \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".look {\n"                                                              \
    "    display: flex;\n"                                                   \
    "    flex-wrap: wrap;\n"                                                 \
    "    align-items: end;\n"                                                \
    "    gap: .75rem;\n"                                                     \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".field {\n"                                                             \
    "    flex: 1 1 12rem;\n"                                                 \
    "    min-width: 0;\n"                                                    \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".field.wide {\n"                                                        \
    "    flex-grow: 3;\n"                                                    \
    "}\n"                                                                    \
    "\n"                                                                     \
    "label {\n"                                                              \
    "    display: block;\n"                                                  \
    "    margin-bottom: .2rem;\n"                                            \
    "    font-weight: 600;\n"                                                \
    "    font-size: .9rem;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "input,\n"                                                               \
    "button {\n"                                                             \
    "    font: inherit;\n"                                                   \
    "    color: inherit;\n"                                                  \
    "}\n"                                                                    \
    "\n"                                                                     \
    "input {\n"                                                              \
    "    width: 100%;\n"                                                     \
    "    padding: .5rem .6rem;\n"                                            \
    "    background: var(--ground);\n"                                       \
    "    border: 1px solid var(--quiet);\n"                                  \
    "    border-radius: .4rem;\n"                                            \
    "    font-family: ui-monospace, \"Liberation Mono\", monospace;\n"       \
    "}\n"                                                                    \
    "\n"                                                                     \
    "button {\n"                                                             \
    "    padding: .5rem 1rem;\n"                                             \
    "    background: var(--accent);\n"                                       \
    "    color: var(--on-accent);\n"                                         \
    "    border: 1px solid var(--accent);\n"                                 \
    "    border-radius: .4rem;\n"                                            \
    "    font-weight: 600;\n"                                                \
    "    cursor: pointer;\n"                                                 \
    "}\n"                                                                    \
    "\n"                                                                     \
    "button.task {\n"                                                        \
    "    padding: 0;\n"                                                      \
    "    background: none;\n"                                                \
    "    border: 0;\n"                                                       \
    "    color: var(--accent);\n"                                            \
    "    font: .85rem ui-monospace, \"Liberation Mono\", monospace;\n"       \
    "    text-align: left;\n"                                                \
    "    text-decoration: underline;\n"                                      \
    "    overflow-wrap: anywhere;\n"                                         \
    "}\n"                                                                    \
    "\n"                                                                     \
    ":focus-visible {\n"                                                     \
    "    outline: 3px solid var(--accent);\n"                                \
    "    outline-offset: 2px;\n"                                             \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".found > * {\n"                                                         \
    "    margin-top: .9rem;\n"                                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".entry {\n"                                                             \
    "    padding-top: .9rem;\n"                                              \
    "    border-top: 1px solid var(--edge);\n"                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".entry h4 {\n"                                                          \
    "    margin: .8rem 0 .3rem;\n"                                           \
    "    font-size: .95rem;\n"                                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".facts {\n"                                                             \
    "    display: grid;\n"                                                   \
    "    grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr));\n"     \
    "    gap: .5rem 1rem;\n"                                                 \
    "    font-size: .9rem;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".facts dd {\n"                                                          \
    "    margin: 0;\n"                                                       \
    "    font-weight: 600;\n"                                                \
    "    overflow-wrap: anywhere;\n"                                         \
    "}\n"                                                                    \
    "\n"                                                                     \
    "pre {\n"                                                                \
    "    max-height: 24rem;\n"                                               \
    "    margin: .6rem 0 0;\n"                                               \
    "    padding: .75rem;\n"                                                 \
    "    overflow: auto;\n"                                                  \
    "    background: var(--ground);\n"                                       \
    "    border: 1px solid var(--edge);\n"                                   \
    "    border-radius: .4rem;\n"                                            \
    "    font: .8rem/1.4 ui-monospace, \"Liberation Mono\", monospace;\n"    \
    "    white-space: pre-wrap;\n"                                           \
    "    overflow-wrap: anywhere;\n"                                         \
    "}\n"                                                                    \
    "\n"                                                                     \
    ".wrong {\n"                                                             \
    "    color: var(--bad);\n"                                               \
    "    font-weight: 600;\n"                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "@media (max-width: 40rem) {\n"                                          \
    "    .cards {\n"                                                         \
    "        grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));" \
    "\n"                                                                     \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    .card {\n"                                                          \
    "        padding: .7rem .75rem;\n"                                       \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    .card .value {\n"                                                   \
    "        font-size: 1.45rem;\n"                                          \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    .card .note {\n"                                                    \
    "        min-height: 3.9em;\n"                                           \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    button[type=\"submit\"] {\n"                                        \
    "        width: 100%;\n"                                                 \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    /* what somebody on the way wants to know comes first */\n"         \
    "\n"                                                                     \
    "    main {\n"                                                           \
    "        display: flex;\n"                                               \
    "        flex-direction: column;\n"                                      \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    .first {\n"                                                         \
    "        order: -1;\n"                                                   \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    /* a row of a wide table becomes a few lines */\n"                  \
    "\n"                                                                     \
    "    .stacked,\n"                                                        \
    "    .stacked caption,\n"                                                \
    "    .stacked tbody {\n"                                                 \
    "        display: block;\n"                                              \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    .stacked thead {\n"                                                 \
    "        position: absolute;\n"                                          \
    "        width: 1px;\n"                                                  \
    "        height: 1px;\n"                                                 \
    "        overflow: hidden;\n"                                            \
    "        clip-path: inset(50%);\n"                                       \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    .stacked tr {\n"                                                    \
    "        display: grid;\n"                                               \
    "        gap: .1rem .75rem;\n"                                           \
    "        padding: .5rem 0;\n"                                            \
    "        border-top: 1px solid var(--edge);\n"                           \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    .stacked td {\n"                                                    \
    "        padding: 0;\n"                                                  \
    "        border: 0;\n"                                                   \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    #errors tr {\n"                                                     \
    "        grid-template-columns: 1fr auto;\n"                             \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    #errors td:nth-child(n + 3) {\n"                                    \
    "        grid-column: 1 / -1;\n"                                         \
    "    }\n"                                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "@media (prefers-reduced-motion: no-preference) {\n"                     \
    "    .cards,\n"                                                          \
    "    .zones {\n"                                                         \
    "        transition: opacity .2s;\n"                                     \
    "    }\n"                                                                \
    "}\n"                                                                    \
    "</style>\n"                                                             \
    "</head>\n"                                                              \
    "<body>\n"                                                               \
    "<header>\n"                                                             \
    "<h1>Clear status gateway <span id=\"host\"></span></h1>\n"              \
    "<p id=\"link\" class=\"link\" role=\"status\">Connecting</p>\n"         \
    "<p id=\"gateway\" class=\"quiet\"></p>\n"                               \
    "</header>\n"                                                            \
    "<main>\n"                                                               \
    "<noscript><p class=\"panel\">This page needs JavaScript. The same numb" \
    "ers are at\n"                                                           \
    "<a href=\"\?format=json\">\?format=json</a>.</p></noscript>\n"          \
    "\n"                                                                     \
    "<section aria-labelledby=\"h-now\">\n"                                  \
    "<h2 id=\"h-now\">Now</h2>\n"                                            \
    "<ul id=\"cards\" class=\"cards\"></ul>\n"                               \
    "</section>\n"                                                           \
    "\n"                                                                     \
    "<section id=\"paused\" aria-labelledby=\"h-paused\" hidden>\n"          \
    "<h2 id=\"h-paused\">Paused tenants</h2>\n"                              \
    "<div class=\"panel\">\n"                                                \
    "<table id=\"pauses\" class=\"stacked\" role=\"table\">\n"               \
    "<caption>No fetch goes out for them; stored answers are served</captio" \
    "n>\n"                                                                   \
    "<thead role=\"rowgroup\">\n"                                            \
    "<tr role=\"row\">\n"                                                    \
    "<th role=\"columnheader\" scope=\"col\">Integration id</th>\n"          \
    "<th role=\"columnheader\" scope=\"col\">Upstream</th>\n"                \
    "<th role=\"columnheader\" scope=\"col\">Why</th>\n"                     \
    "<th role=\"columnheader\" scope=\"col\">Until</th>\n"                   \
    "</tr>\n"                                                                \
    "</thead>\n"                                                             \
    "<tbody role=\"rowgroup\"></tbody>\n"                                    \
    "</table>\n"                                                             \
    "<p id=\"more-paused\" class=\"quiet\"></p>\n"                           \
    "</div>\n"                                                               \
    "</section>\n"                                                           \
    "\n"                                                                     \
    "<section class=\"first\" aria-labelledby=\"h-task\">\n"                 \
    "<h2 id=\"h-task\">A task</h2>\n"                                        \
    "<div class=\"panel\">\n"                                                \
    "<form id=\"look\" class=\"look\" autocomplete=\"off\">\n"               \
    "<div class=\"field wide\">\n"                                           \
    "<label for=\"task\">Task id</label>\n"                                  \
    "<input id=\"task\" name=\"taskId\" required maxlength=\"256\" spellche" \
    "ck=\"false\"\n"                                                         \
    " autocapitalize=\"none\">\n"                                            \
    "</div>\n"                                                               \
    "<div class=\"field\">\n"                                                \
    "<label for=\"integration\">Integration id (optional)</label>\n"         \
    "<input id=\"integration\" name=\"integrationId\" spellcheck=\"false\""  \
    "\n"                                                                     \
    " autocapitalize=\"none\">\n"                                            \
    "</div>\n"                                                               \
    "<button type=\"submit\">Show what is stored</button>\n"                 \
    "</form>\n"                                                              \
    "<div id=\"found\" class=\"found\" role=\"status\"></div>\n"             \
    "</div>\n"                                                               \
    "</section>\n"                                                           \
    "\n"                                                                     \
    "<section aria-labelledby=\"h-zones\">\n"                                \
    "<h2 id=\"h-zones\">Zones</h2>\n"                                        \
    "<div id=\"zones\" class=\"zones\"></div>\n"                             \
    "</section>\n"                                                           \
    "\n"                                                                     \
    "<section id=\"secrets\" aria-labelledby=\"h-secrets\" hidden>\n"        \
    "<h2 id=\"h-secrets\">Files with secrets</h2>\n"                         \
    "<div class=\"panel\">\n"                                                \
    "<table id=\"files\" class=\"stacked\" role=\"table\">\n"                \
    "<caption>As the worker that answered sees them</caption>\n"             \
    "<thead role=\"rowgroup\">\n"                                            \
    "<tr role=\"row\">\n"                                                    \
    "<th role=\"columnheader\" scope=\"col\">File</th>\n"                    \
    "<th role=\"columnheader\" scope=\"col\">Directive</th>\n"               \
    "<th role=\"columnheader\" scope=\"col\">State</th>\n"                   \
    "</tr>\n"                                                                \
    "</thead>\n"                                                             \
    "<tbody role=\"rowgroup\"></tbody>\n"                                    \
    "</table>\n"                                                             \
    "<p id=\"more-secrets\" class=\"quiet\"></p>\n"                          \
    "</div>\n"                                                               \
    "</section>\n"                                                           \
    "\n"                                                                     \
    "<section aria-labelledby=\"h-errors\">\n"                               \
    "<h2 id=\"h-errors\">Last errors</h2>\n"                                 \
    "<div class=\"panel\">\n"                                                \
    "<p id=\"no-errors\" class=\"quiet\">None.</p>\n"                        \
    "<p id=\"unknown\" class=\"quiet\"></p>\n"                               \
    "<table id=\"errors\" class=\"stacked\" role=\"table\" hidden>\n"        \
    "<caption>Fetches that failed last, the newest first</caption>\n"        \
    "<thead role=\"rowgroup\">\n"                                            \
    "<tr role=\"row\">\n"                                                    \
    "<th role=\"columnheader\" scope=\"col\">Time</th>\n"                    \
    "<th role=\"columnheader\" scope=\"col\">Status</th>\n"                  \
    "<th role=\"columnheader\" scope=\"col\">Cause</th>\n"                   \
    "<th role=\"columnheader\" scope=\"col\">Task id</th>\n"                 \
    "<th role=\"columnheader\" scope=\"col\">Upstream</th>\n"                \
    "</tr>\n"                                                                \
    "</thead>\n"                                                             \
    "<tbody role=\"rowgroup\"></tbody>\n"                                    \
    "</table>\n"                                                             \
    "</div>\n"                                                               \
    "</section>\n"                                                           \
    "\n"                                                                     \
    "<section aria-labelledby=\"h-counts\">\n"                               \
    "<h2 id=\"h-counts\">Counted so far</h2>\n"                              \
    "<div class=\"counts\">\n"                                               \
    "<div class=\"panel\"><table id=\"requests\">\n"                         \
    "<caption>Requests by what the cache did</caption><tbody></tbody>\n"     \
    "</table></div>\n"                                                       \
    "<div class=\"panel\"><table id=\"fetches\">\n"                          \
    "<caption>Fetches by how they ended</caption><tbody></tbody>\n"          \
    "</table></div>\n"                                                       \
    "<div class=\"panel\"><table id=\"responses\">\n"                        \
    "<caption>Responses by HTTP status</caption><tbody></tbody>\n"           \
    "</table></div>\n"                                                       \
    "</div>\n"                                                               \
    "</section>\n"                                                           \
    "</main>\n"                                                              \
    "<script>'use strict';\n"                                                \
    "\n"                                                                     \
    "// Small things: elements, and numbers as people read them.  Whatever " \
    "comes\n"                                                                \
    "// from the gateway goes into the page as text alone.\n"                \
    "\n"                                                                     \
    "const SVG = 'http://www.w3.org/2000/svg';\n"                            \
    "const byId = (id) => document.getElementById(id);\n"                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function element(name, attributes = {}, ...children) {\n"               \
    "    return fill(document.createElement(name), attributes, children);\n" \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function drawing(name, attributes = {}, ...children) {\n"               \
    "    return fill(document.createElementNS(SVG, name), attributes, child" \
    "ren);\n"                                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function fill(node, attributes, children) {\n"                          \
    "    for (const [name, value] of Object.entries(attributes)) {\n"        \
    "        node.setAttribute(name, value);\n"                              \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    node.append(...children);\n"                                        \
    "    return node;\n"                                                     \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// A text that is the same is left alone: a selection in it stays, and" \
    " a\n"                                                                   \
    "// screen reader is not told again.\n"                                  \
    "\n"                                                                     \
    "function say(node, text) {\n"                                           \
    "    if (node.textContent !== text) {\n"                                 \
    "        node.textContent = text;\n"                                     \
    "    }\n"                                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function sum(counts) {\n"                                               \
    "    return Object.values(counts).reduce((a, b) => a + b, 0);\n"         \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "const number = new Intl.NumberFormat('en', {maximumFractionDigits: 0})" \
    ";\n"                                                                    \
    "const short = new Intl.NumberFormat('en',\n"                            \
    "    {notation: 'compact', maximumFractionDigits: 1});\n"                \
    "\n"                                                                     \
    "const count = (n) => n < 100000 \? number.format(n) : short.format(n);" \
    "\n"                                                                     \
    "const plural = (n, one, more) => `${count(n)} ${n === 1 \? one : more}" \
    "`;\n"                                                                   \
    "\n"                                                                     \
    "\n"                                                                     \
    "function percent(part) {\n"                                             \
    "    if (part === null) {\n"                                             \
    "        return '\342\200\223';\n"                                       \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    // never 100 % where it is not all\n"                               \
    "    const rounded = Math.floor(part * 1000) / 10;\n"                    \
    "    return `${rounded === 100 \? '100' : rounded.toFixed(1)} %`;\n"     \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function perSecond(n) {\n"                                              \
    "    return `${n < 10 && n > 0 \? n.toFixed(1) : count(Math.round(n))}/" \
    "s`;\n"                                                                  \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function bytes(n) {\n"                                                  \
    "    const units = ['B', 'KB', 'MB', 'GB'];\n"                           \
    "    let unit = 0;\n"                                                    \
    "\n"                                                                     \
    "    while (n >= 1024 && unit < units.length - 1) {\n"                   \
    "        n /= 1024;\n"                                                   \
    "        unit++;\n"                                                      \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    return `${unit && n < 100 \? n.toFixed(1) : Math.round(n)} ${units" \
    "[unit]}`;\n"                                                            \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function span(ms) {\n"                                                  \
    "    const s = Math.floor(ms / 1000);\n"                                 \
    "\n"                                                                     \
    "    return ms < 1000 \? `${Math.round(ms)} ms`\n"                       \
    "        : s < 10 \? `${(ms / 1000).toFixed(1)} s`\n"                    \
    "        : s < 120 \? `${s} s`\n"                                        \
    "        : s < 7200 \? `${Math.floor(s / 60)} min`\n"                    \
    "        : s < 172800 \? `${Math.floor(s / 3600)} h`\n"                  \
    "        : `${Math.floor(s / 86400)} days`;\n"                           \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function clock(ms) {\n"                                                 \
    "    const at = new Date(ms);\n"                                         \
    "    const time = at.toTimeString().slice(0, 8);\n"                      \
    "\n"                                                                     \
    "    return at.toDateString() === new Date().toDateString() \? time\n"   \
    "        : `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2," \
    " '0')}-`\n"                                                             \
    "            + `${String(at.getDate()).padStart(2, '0')} ${time}`;\n"    \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// The moments of the last two minutes, what is made of them, and the " \
    "cards that\n"                                                           \
    "// show it.  The gateway has kept those from before the page was there" \
    ".\n"                                                                    \
    "\n"                                                                     \
    "const SECONDS = 120;\n"                                                 \
    "const WINDOW = 10;\n"                                                   \
    "\n"                                                                     \
    "let moments = [];\n"                                                    \
    "let tookAt = -Infinity;\n"                                              \
    "\n"                                                                     \
    "\n"                                                                     \
    "// Of two moments, or of one since the start.\n"                        \
    "\n"                                                                     \
    "function digest(now, then, bounds) {\n"                                 \
    "    const less = (name) => now[name] - (then\?.[name] \?\? 0);\n"       \
    "    const requests = less('requests');\n"                               \
    "    const fetches = less('fetches');\n"                                 \
    "    const counts = now.counts.map((n, i) => n - (then\?.counts[i] \?\?" \
    " 0));\n"                                                                \
    "\n"                                                                     \
    "    return {\n"                                                         \
    "        requests, fetches,\n"                                           \
    "        seconds: Math.max(less('at') / 1000, 1),\n"                     \
    "        ratio: requests \? less('hits') / requests : null,\n"           \
    "        saved: Math.max(requests - fetches, 0),\n"                      \
    "        failed: less('failed'),\n"                                      \
    "        latency: fetches \? less('ms') / fetches : null,\n"             \
    "        within: within(counts, bounds, .95),\n"                         \
    "        collapsed: less('collapsed'),\n"                                \
    "        flights: now.flights,\n"                                        \
    "        waiting: now.held + now.streams,\n"                             \
    "        paused: now.paused,\n"                                          \
    "    };\n"                                                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function within(counts, bounds, share) {\n"                             \
    "    const all = counts.reduce((a, b) => a + b, 0);\n"                   \
    "    let so_far = 0;\n"                                                  \
    "\n"                                                                     \
    "    for (const [i, n] of counts.entries()) {\n"                         \
    "        so_far += n;\n"                                                 \
    "\n"                                                                     \
    "        if (all && so_far >= share * all) {\n"                          \
    "            return i < bounds.length \? bounds[i] : Infinity;\n"        \
    "        }\n"                                                            \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    return null;\n"                                                     \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// The cards: each a name, a value, a note and a chart of two minutes." \
    "\n"                                                                     \
    "\n"                                                                     \
    "const cards = [\n"                                                      \
    "    {\n"                                                                \
    "        name: 'Hit ratio',\n"                                           \
    "        show: (now) => {\n"                                             \
    "            const recent = now.recent.ratio;\n"                         \
    "            const all = `${percent(now.all.ratio)} since the start`;\n" \
    "\n"                                                                     \
    "            return recent === null\n"                                   \
    "                \? [percent(now.all.ratio), 'since the start; no reque" \
    "st in '\n"                                                              \
    "                    + `the last ${WINDOW} s`]\n"                        \
    "                : [percent(recent), `last ${WINDOW} s; ${all}`];\n"     \
    "        },\n"                                                           \
    "        point: (step) => step.ratio,\n"                                 \
    "        top: 1,\n"                                                      \
    "        peak: () => 'from 0 to 100 %',\n"                               \
    "    }, {\n"                                                             \
    "        name: 'Upstream calls saved',\n"                                \
    "        show: (now) => [count(now.all.saved),\n"                        \
    "            `${plural(now.all.requests, 'request', 'requests')}, `\n"   \
    "            + plural(now.all.fetches, 'fetch', 'fetches')],\n"          \
    "        point: (step) => step.saved / step.seconds,\n"                  \
    "        peak: perSecond,\n"                                             \
    "    }, {\n"                                                             \
    "        name: 'Requests',\n"                                            \
    "        show: (now) => [perSecond(now.recent.requests / now.recent.sec" \
    "onds),\n"                                                               \
    "            `last ${WINDOW} s; ${count(now.all.requests)} since the st" \
    "art`],\n"                                                               \
    "        point: (step) => step.requests / step.seconds,\n"               \
    "        peak: perSecond,\n"                                             \
    "    }, {\n"                                                             \
    "        name: 'Fetches',\n"                                             \
    "        show: (now) => [perSecond(now.recent.fetches / now.recent.seco" \
    "nds),\n"                                                                \
    "            `last ${WINDOW} s, ${count(now.recent.failed)} failed; `\n" \
    "            + `${count(now.all.fetches)} since the start, `\n"          \
    "            + `${count(now.all.failed)} failed`],\n"                    \
    "        point: (step) => step.fetches / step.seconds,\n"                \
    "        peak: perSecond,\n"                                             \
    "    }, {\n"                                                             \
    "        name: 'Fetch latency',\n"                                       \
    "        show: (now) => {\n"                                             \
    "            const from = now.recent.fetches \? now.recent : now.all;\n" \
    "            const when = now.recent.fetches \? `last ${WINDOW} s`\n"    \
    "                : 'since the start';\n"                                 \
    "            const most = from.within === Infinity \? 'more than 15 s'"  \
    "\n"                                                                     \
    "                : `at most ${span(from.within)}`;\n"                    \
    "\n"                                                                     \
    "            return from.latency === null \? ['\342\200\223', 'no fetch" \
    " so far']\n"                                                            \
    "                : [span(from.latency), `mean, ${when}; 95\\u00a0% take" \
    " ${most}`];\n"                                                          \
    "        },\n"                                                           \
    "        point: (step) => step.latency,\n"                               \
    "        peak: span,\n"                                                  \
    "    }, {\n"                                                             \
    "        name: 'Flights in the air',\n"                                  \
    "        show: (now) => [count(now.data.flights),\n"                     \
    "            `${plural(now.data.connections, 'connection', 'connections" \
    "')} `\n"                                                                \
    "            + 'opened since the start'],\n"                             \
    "        point: (step) => step.flights,\n"                               \
    "        peak: count,\n"                                                 \
    "    }, {\n"                                                             \
    "        name: 'Collapsed requests',\n"                                  \
    "        show: (now) => [count(now.data.collapsed),\n"                   \
    "            'waited for another request\\u2019s fetch; '\n"             \
    "            + `${count(now.data.stale)} were served stale`],\n"         \
    "        point: (step) => step.collapsed / step.seconds,\n"              \
    "        peak: perSecond,\n"                                             \
    "    }, {\n"                                                             \
    "        name: 'Waiting for news',\n"                                    \
    "        show: ({data: {waiting}}) => [count(waiting.held + waiting.str" \
    "eams),\n"                                                               \
    "            waiting.oldest === undefined \? 'no request is held, no st" \
    "ream open'\n"                                                           \
    "                : `${count(waiting.held)} held, `\n"                    \
    "                    + plural(waiting.streams, 'stream', 'streams')\n"   \
    "                    + `; the oldest for ${span(waiting.oldest)}`],\n"   \
    "        point: (step) => step.waiting,\n"                               \
    "        peak: count,\n"                                                 \
    "    }, {\n"                                                             \
    "        name: 'Tenants paused',\n"                                      \
    "        show: (now) => [count(now.data.tenantsPaused),\n"               \
    "            now.data.tenantsPaused \? 'no fetch goes out for them'\n"   \
    "                : 'all may fetch'],\n"                                  \
    "        alarm: (now) => now.data.tenantsPaused > 0,\n"                  \
    "        point: (step) => step.paused,\n"                                \
    "        peak: count,\n"                                                 \
    "    },\n"                                                               \
    "];\n"                                                                   \
    "\n"                                                                     \
    "\n"                                                                     \
    "function makeCards() {\n"                                               \
    "    for (const card of cards) {\n"                                      \
    "        card.value = element('span', {class: 'value'}, '\342\200\223')" \
    ";\n"                                                                    \
    "        card.note = element('span', {class: 'note'});\n"                \
    "        card.limit = element('span', {class: 'peak', 'aria-hidden': tr" \
    "ue});\n"                                                                \
    "        card.area = drawing('path', {class: 'area'});\n"                \
    "        card.line = drawing('path', {class: 'line'});\n"                \
    "        card.node = element('li', {class: 'card'},\n"                   \
    "            element('span', {class: 'name'}, card.name), card.value,\n" \
    "            card.note,\n"                                               \
    "            drawing('svg', {class: 'chart', 'aria-hidden': true,\n"     \
    "                viewBox: `0 0 ${SECONDS} 32`,\n"                        \
    "                preserveAspectRatio: 'none'}, card.area, card.line),\n" \
    "            card.limit);\n"                                             \
    "        byId('cards').append(card.node);\n"                             \
    "    }\n"                                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function showCards(now) {\n"                                            \
    "    for (const card of cards) {\n"                                      \
    "        const [value, note] = card.show(now);\n"                        \
    "\n"                                                                     \
    "        say(card.value, value);\n"                                      \
    "        say(card.note, note);\n"                                        \
    "        card.node.classList.toggle('alarm', Boolean(card.alarm\?.(now)" \
    "));\n"                                                                  \
    "        chart(card);\n"                                                 \
    "    }\n"                                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// The newest at the right edge; where there is no value the line has " \
    "a gap.\n"                                                               \
    "\n"                                                                     \
    "function chart(card) {\n"                                               \
    "    const newest = moments.at(-1).at;\n"                                \
    "    const points = moments.map((moment) => moment.step\n"               \
    "        \? card.point(moment.step) : null);\n"                          \
    "    const most = Math.max(0, ...points.filter((p) => p !== null));\n"   \
    "    const top = card.top \?\? (most || 1);\n"                           \
    "    const runs = [];\n"                                                 \
    "    let run = null;\n"                                                  \
    "\n"                                                                     \
    "    points.forEach((p, i) => {\n"                                       \
    "        if (p === null) {\n"                                            \
    "            run = null;\n"                                              \
    "            return;\n"                                                  \
    "        }\n"                                                            \
    "\n"                                                                     \
    "        if (!run) {\n"                                                  \
    "            runs.push(run = []);\n"                                     \
    "        }\n"                                                            \
    "\n"                                                                     \
    "        run.push([(SECONDS - (newest - moments[i].at) / 1000).toFixed(" \
    "1),\n"                                                                  \
    "            (30.5 - 28.5 * Math.min(p / top, 1)).toFixed(2)]);\n"       \
    "    });\n"                                                              \
    "\n"                                                                     \
    "    const path = (points) => points.map((p) => p.join(' ')).join('L');" \
    "\n"                                                                     \
    "    const area = (points) => `M${points[0][0]} 32L${path(points)}`\n"   \
    "        + `L${points.at(-1)[0]} 32Z`;\n"                                \
    "\n"                                                                     \
    "    card.line.setAttribute('d', runs.map((r) => `M${path(r)}`\n"        \
    "        + (r.length === 1 \? 'h.01' : '')).join(''));\n"                \
    "    card.area.setAttribute('d', runs.map(area).join(''));\n"            \
    "    say(card.limit, card.top \? card.peak()\n"                          \
    "        : `peak of 2 min: ${card.peak(most)}`);\n"                      \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// Whether the page has missed moments, which the gateway then is aske" \
    "d for.\n"                                                               \
    "\n"                                                                     \
    "function missed() {\n"                                                  \
    "    return !moments.length || performance.now() - tookAt > 2500;\n"     \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function take(data) {\n"                                                \
    "    const {now, history, latency: {bounds}} = data;\n"                  \
    "\n"                                                                     \
    "    // counters that went back began anew\n"                            \
    "    if (history || now.at < moments.at(-1)\?.at) {\n"                   \
    "        moments = [];\n"                                                \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    history\?.filter((moment) => moment.at < now.at)\n"                 \
    "        .forEach((moment) => keep(moment, bounds));\n"                  \
    "    keep(now, bounds);\n"                                               \
    "    tookAt = performance.now();\n"                                      \
    "\n"                                                                     \
    "    const from = moments.findLast((m) => now.at - m.at >= (WINDOW - .5" \
    ") * 1000)\n"                                                            \
    "        \?\? moments[0];\n"                                             \
    "\n"                                                                     \
    "    return {\n"                                                         \
    "        data,\n"                                                        \
    "        all: digest(now, null, bounds),\n"                              \
    "        recent: digest(now, from, bounds),\n"                           \
    "    };\n"                                                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// One that comes right after the last would make much of little.\n"    \
    "\n"                                                                     \
    "function keep(moment, bounds) {\n"                                      \
    "    const last = moments.at(-1);\n"                                     \
    "\n"                                                                     \
    "    if (last && moment.at - last.at < 500) {\n"                         \
    "        return;\n"                                                      \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    const step = last \? digest(moment, last, bounds) : null;\n"        \
    "\n"                                                                     \
    "    moments = [...moments, {...moment, step}]\n"                        \
    "        .filter((m) => moment.at - m.at <= SECONDS * 1000);\n"          \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// The gateway itself: who it is, whose fetches pause, and its files w" \
    "ith\n"                                                                  \
    "// secrets.\n"                                                          \
    "\n"                                                                     \
    "const WHY = {\n"                                                        \
    "    down: 'upstream failed too often in a row',\n"                      \
    "    limited: 'upstream limits the rate (429)',\n"                       \
    "    credentials: 'upstream refuses the credentials',\n"                 \
    "};\n"                                                                   \
    "\n"                                                                     \
    "\n"                                                                     \
    "function showGateway({host, version, nginx, libcurl, uptime, configure" \
    "d}) {\n"                                                                \
    "    name = host;\n"                                                     \
    "    say(byId('host'), host);\n"                                         \
    "    say(byId('gateway'), `up ${span(uptime)}, configuration of `\n"     \
    "        + `${clock(configured)}; version ${version}, nginx ${nginx}, `" \
    "\n"                                                                     \
    "        + `libcurl ${libcurl}`);\n"                                     \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// Rows that are made once, and then only changed.\n"                   \
    "\n"                                                                     \
    "function showRows(table, rows) {\n"                                     \
    "    const body = byId(table).tBodies[0];\n"                             \
    "\n"                                                                     \
    "    while (body.rows.length > rows.length) {\n"                         \
    "        body.rows[rows.length].remove();\n"                             \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    rows.forEach((texts, i) => {\n"                                     \
    "        const row = body.rows[i] \?\? body.appendChild(element('tr', {" \
    "\n"                                                                     \
    "            role: 'row'}, ...texts.map(() => element('td', {role: 'cel" \
    "l'}))));\n"                                                             \
    "\n"                                                                     \
    "        texts.forEach((text, n) => say(row.cells[n], text));\n"         \
    "    });\n"                                                              \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function showPaused(list, all, time) {\n"                               \
    "    byId('paused').hidden = list.length === 0;\n"                       \
    "    showRows('pauses', list.map((tenant) => [\n"                        \
    "        tenant.integrationId,\n"                                        \
    "        tenant.upstream,\n"                                             \
    "        tenant.asked \? 'upstream asked to wait (Retry-After)'\n"       \
    "            : WHY[tenant.why],\n"                                       \
    "        `${clock(time + tenant.left)}, in ${span(tenant.left)}`\n"      \
    "            + (tenant.probed \? ', unless the probe that is out succee" \
    "ds' : ''),\n"                                                           \
    "    ]));\n"                                                             \
    "    say(byId('more-paused'), all > list.length\n"                       \
    "        \? `And ${count(all - list.length)} more.` : '');\n"            \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function showSecretFiles(list, all) {\n"                                \
    "    byId('secrets').hidden = list.length === 0;\n"                      \
    "    showRows('files', list.map((file) => [file.path, file.directive,\n" \
    "        fileState(file)]));\n"                                          \
    "    say(byId('more-secrets'), all > list.length\n"                      \
    "        \? `And ${count(all - list.length)} more.` : '');\n"            \
    "\n"                                                                     \
    "    list.forEach((file, i) => byId('files').tBodies[0].rows[i].classLi" \
    "st\n"                                                                   \
    "        .toggle('wrong', file.failing !== undefined));\n"               \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function fileState(file) {\n"                                           \
    "    const read = clock(file.read);\n"                                   \
    "    const why = file.why \? ` (${file.why})` : '';\n"                   \
    "\n"                                                                     \
    "    return file.failing !== undefined\n"                                \
    "        \? `${file.wrong}${why}, since ${clock(file.failing)}; what wa" \
    "s `\n"                                                                  \
    "            + `read ${read} stays in use`\n"                            \
    "        : file.reload \? `read ${read}; the workers may not read it, s" \
    "o a new `\n"                                                            \
    "            + 'one takes a reload'\n"                                   \
    "        : `readable, read ${read}`;\n"                                  \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// Zones, the last errors, and tables of counters.\n"                   \
    "\n"                                                                     \
    "const STATES = ['success', 'failed', 'processing', 'created', 'other'," \
    "\n"                                                                     \
    "    'error', 'none'];\n"                                                \
    "const STATE_NAMES = {none: 'no answer yet', error: 'error only'};\n"    \
    "const TIER_WRONG = {\n"                                                 \
    "    disk: {\n"                                                          \
    "        off: 'is gone around, as it did not answer in time',\n"         \
    "        failing: 'cannot be written, the error log says why',\n"        \
    "    },\n"                                                               \
    "    fleet: {\n"                                                         \
    "        off: 'is not reached, so this gateway is on its own',\n"        \
    "    },\n"                                                               \
    "};\n"                                                                   \
    "\n"                                                                     \
    "\n"                                                                     \
    "// Zones: made once for each name, then only changed.\n"                \
    "\n"                                                                     \
    "const zones = new Map();\n"                                             \
    "\n"                                                                     \
    "\n"                                                                     \
    "function showZones(list) {\n"                                           \
    "    const names = list.map((zone) => zone.name);\n"                     \
    "\n"                                                                     \
    "    if (names.join('\\n') !== [...zones.keys()].join('\\n')) {\n"       \
    "        zones.clear();\n"                                               \
    "        byId('zones').replaceChildren(...list.map(makeZone));\n"        \
    "\n"                                                                     \
    "        if (!list.length) {\n"                                          \
    "            byId('zones').append(element('p', {class: 'quiet'},\n"      \
    "                'No zone is configured.'));\n"                          \
    "        }\n"                                                            \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    list.forEach(showZone);\n"                                          \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function makeZone(zone) {\n"                                            \
    "    const own = {\n"                                                    \
    "        fill: element('p'),\n"                                          \
    "        used: drawing('rect', {class: 'used', height: 10}),\n"          \
    "        total: element('p', {class: 'mix'}),\n"                         \
    "        gone: element('p', {class: 'quiet'}),\n"                        \
    "        tiers: element('div', {class: 'tiers'}),\n"                     \
    "        parts: new Map(),\n"                                            \
    "    };\n"                                                               \
    "    const mix = bar();\n"                                               \
    "    const list = element('dl', {class: 'states'});\n"                   \
    "\n"                                                                     \
    "    for (const state of STATES) {\n"                                    \
    "        const part = {\n"                                               \
    "            rect: drawing('rect', {class: state, height: 10}),\n"       \
    "            value: element('dd', {}, '0'),\n"                           \
    "        };\n"                                                           \
    "\n"                                                                     \
    "        part.row = element('div', {},\n"                                \
    "            element('span', {class: `swatch ${state}`, 'aria-hidden': " \
    "true}),\n"                                                              \
    "            element('dt', {}, STATE_NAMES[state] \?\? state), part.val" \
    "ue);\n"                                                                 \
    "        mix.append(part.rect);\n"                                       \
    "        list.append(part.row);\n"                                       \
    "        own.parts.set(state, part);\n"                                  \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    const fillBar = bar();\n"                                           \
    "    fillBar.append(own.used);\n"                                        \
    "\n"                                                                     \
    "    zones.set(zone.name, own);\n"                                       \
    "    return element('article', {class: 'zone'},\n"                       \
    "        element('h3', {}, zone.name), own.fill, fillBar, own.total, mi" \
    "x, list,\n"                                                             \
    "        own.gone, own.tiers);\n"                                        \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function bar() {\n"                                                     \
    "    return drawing('svg', {class: 'bar', viewBox: '0 0 1000 10',\n"     \
    "        preserveAspectRatio: 'none', 'aria-hidden': true});\n"          \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function showZone(zone) {\n"                                            \
    "    const own = zones.get(zone.name);\n"                                \
    "    const size = zone.used + zone.free;\n"                              \
    "    const share = size \? zone.used / size : 0;\n"                      \
    "    const all = sum(zone.entries);\n"                                   \
    "    let x = 0;\n"                                                       \
    "\n"                                                                     \
    "    say(own.fill, `${bytes(zone.used)} of ${bytes(size)} used, `\n"     \
    "        + percent(share));\n"                                           \
    "    own.used.setAttribute('width', Math.max(share * 1000, share \? 4 :" \
    " 0));\n"                                                                \
    "    own.used.classList.toggle('full', share > .95);\n"                  \
    "    say(own.total, plural(all, 'entry', 'entries'));\n"                 \
    "    say(own.gone, `${count(sum(zone.evictions))} evicted to make room," \
    " `\n"                                                                   \
    "        + `${count(zone.tooLarge)} too large to store`);\n"             \
    "\n"                                                                     \
    "    showTiers(own.tiers, zone.tiers);\n"                                \
    "\n"                                                                     \
    "    for (const [state, part] of own.parts) {\n"                         \
    "        const n = zone.entries[state] \?\? 0;\n"                        \
    "        const width = all \? 1000 * n / all : 0;\n"                     \
    "\n"                                                                     \
    "        part.rect.setAttribute('x', x);\n"                              \
    "        part.rect.setAttribute('width', width);\n"                      \
    "        part.row.hidden = n === 0;\n"                                   \
    "        say(part.value, count(n));\n"                                   \
    "        x += width;\n"                                                  \
    "    }\n"                                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// What lies below a zone: of a tier the numbers that it has.\n"        \
    "\n"                                                                     \
    "function showTiers(node, tiers) {\n"                                    \
    "    while (node.children.length < tiers.length) {\n"                    \
    "        node.append(element('p'));\n"                                   \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    tiers.forEach((tier, i) => {\n"                                     \
    "        node.children[i].classList.toggle('wrong',\n"                   \
    "            Boolean(TIER_WRONG[tier.name]\?.[tier.state]));\n"          \
    "        say(node.children[i], tierText(tier));\n"                       \
    "    });\n"                                                              \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function tierText(tier) {\n"                                            \
    "    const numbers = [];\n"                                              \
    "\n"                                                                     \
    "    if (tier.bytes !== undefined) {\n"                                  \
    "        numbers.push(`${bytes(tier.bytes)} of ${bytes(tier.size)}`);\n" \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    if (tier.answers !== undefined) {\n"                                \
    "        numbers.push(`about ${plural(tier.answers, 'answer', 'answers'" \
    ")}`);\n"                                                                \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    if (tier.hits !== undefined) {\n"                                   \
    "        numbers.push(`${count(tier.hits)} read from it`);\n"            \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    if (tier.lone !== undefined) {\n"                                   \
    "        numbers.push(plural(tier.lone, 'fetch', 'fetches')\n"           \
    "            + ' without its leases');\n"                                \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    if (tier.dropped !== undefined) {\n"                                \
    "        numbers.push(`${count(tier.dropped)} lost before they were on " \
    "it`);\n"                                                                \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    return `${tier.name[0].toUpperCase()}${tier.name.slice(1)} `\n"     \
    "        + (TIER_WRONG[tier.name]\?.[tier.state] \?\? tier.state)\n"     \
    "        + `: ${numbers.join(', ')}`\n"                                  \
    "        + (tier.damaged \? `; a damaged file was replaced ${clock(tier" \
    ".damaged)}`\n"                                                          \
    "            : '');\n"                                                   \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// The last errors, made anew only where there is another one.\n"       \
    "\n"                                                                     \
    "let shownErrors = '';\n"                                                \
    "\n"                                                                     \
    "\n"                                                                     \
    "function showErrors(errors) {\n"                                        \
    "    const key = JSON.stringify(errors);\n"                              \
    "\n"                                                                     \
    "    if (key === shownErrors) {\n"                                       \
    "        return;\n"                                                      \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    // whoever stands on a task's button goes on standing there\n"      \
    "    const focused = document.activeElement\?.dataset\?.error;\n"        \
    "\n"                                                                     \
    "    shownErrors = key;\n"                                               \
    "    byId('no-errors').hidden = errors.length > 0;\n"                    \
    "    byId('errors').hidden = errors.length === 0;\n"                     \
    "    byId('errors').tBodies[0].replaceChildren(...errors.map(errorRow))" \
    ";\n"                                                                    \
    "\n"                                                                     \
    "    if (focused) {\n"                                                   \
    "        byId('errors').querySelector(\n"                                \
    "            `[data-error=\"${CSS.escape(focused)}\"]`)\?.focus();\n"    \
    "    }\n"                                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function errorRow(error) {\n"                                           \
    "    const task = element('button', {type: 'button', class: 'task',\n"   \
    "        title: 'Show what is stored for this task',\n"                  \
    "        'data-error': `${error.time} ${error.taskId}`}, error.taskId);" \
    "\n"                                                                     \
    "\n"                                                                     \
    "    task.addEventListener('click', () => {\n"                           \
    "        byId('task').value = error.taskId;\n"                           \
    "        byId('integration').value = '';\n"                              \
    "        byId('task').focus();\n"                                        \
    "        lookUp();\n"                                                    \
    "    });\n"                                                              \
    "\n"                                                                     \
    "    const cell = (...what) => element('td', {role: 'cell'}, ...what);"  \
    "\n"                                                                     \
    "\n"                                                                     \
    "    return element('tr', {role: 'row'},\n"                              \
    "        cell(element('time',\n"                                         \
    "            {datetime: new Date(error.time).toISOString()},\n"          \
    "            clock(error.time))),\n"                                     \
    "        cell(String(error.status)),\n"                                  \
    "        cell(error.upstreamStatus\n"                                    \
    "            \? `${error.cause} (status ${error.upstreamStatus})`\n"     \
    "            : error.cause),\n"                                          \
    "        cell(task),\n"                                                  \
    "        cell(`${error.host}:${error.port}`));\n"                        \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function showCounts(id, counts) {\n"                                    \
    "    const body = byId(id).tBodies[0];\n"                                \
    "    const names = Object.keys(counts);\n"                               \
    "\n"                                                                     \
    "    if (body.rows.length !== names.length\n"                            \
    "        || names.some((name, i) => body.rows[i].cells[0].textContent !" \
    "== name))\n"                                                            \
    "    {\n"                                                                \
    "        body.replaceChildren(...names.map((name) => element('tr', {},"  \
    "\n"                                                                     \
    "            element('th', {scope: 'row'}, name), element('td'))));\n"   \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    names.forEach((name, i) => say(body.rows[i].cells[1],\n"            \
    "        number.format(counts[name])));\n"                               \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// The look-up of a task.\n"                                            \
    "\n"                                                                     \
    "let lookUps = 0;\n"                                                     \
    "\n"                                                                     \
    "\n"                                                                     \
    "async function lookUp() {\n"                                            \
    "    const found = byId('found');\n"                                     \
    "    const taskId = byId('task').value;\n"                               \
    "    const integrationId = byId('integration').value;\n"                 \
    "    const mine = ++lookUps;\n"                                          \
    "\n"                                                                     \
    "    found.replaceChildren(element('p', {class: 'quiet'}, 'Looking \342" \
    "\200\246'));\n"                                                         \
    "\n"                                                                     \
    "    let nodes;\n"                                                       \
    "\n"                                                                     \
    "    try {\n"                                                            \
    "        const {status, data} = await ask({format: 'json', taskId,\n"    \
    "            ...integrationId \? {integrationId} : {}});\n"              \
    "\n"                                                                     \
    "        nodes = status === 200 && data\?.found \? findings(data)\n"     \
    "            : [complaint(data\?.error\?.validationErrors\?.[0],\n"      \
    "                `The gateway answered ${status}.`)];\n"                 \
    "\n"                                                                     \
    "    } catch {\n"                                                        \
    "        nodes = [complaint(null, 'The gateway is not reachable.')];\n"  \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    if (mine === lookUps) {\n"                                          \
    "        found.replaceChildren(...nodes);\n"                             \
    "    }\n"                                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function complaint(detail, text) {\n"                                   \
    "    return element('p', {class: 'wrong'},\n"                            \
    "        detail \? `${detail.field}: ${detail.message}` : text);\n"      \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function findings(data) {\n"                                            \
    "    if (!data.found.length) {\n"                                        \
    "        return [element('p', {}, 'Nothing is stored for '\n"            \
    "            + `\\u201c${data.taskId}\\u201d.`)];\n"                     \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    const nodes = data.found.map(finding);\n"                           \
    "\n"                                                                     \
    "    nodes.unshift(element('p', {}, plural(data.found.length, 'entry',"  \
    "\n"                                                                     \
    "        'entries') + ` for \\u201c${data.taskId}\\u201d`\n"             \
    "        + (data.more \? '; there are more' : '')));\n"                  \
    "    return nodes;\n"                                                    \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function finding(entry) {\n"                                            \
    "    const node = element('article', {class: 'entry'}, facts([\n"        \
    "        ['State', STATE_NAMES[entry.state] \?\? entry.state],\n"        \
    "        ['Integration id', entry.integrationId],\n"                     \
    "        ['Zone', entry.zone],\n"                                        \
    "        ['Fetch in the air', entry.flying \? 'yes' : 'no'],\n"          \
    "    ]));\n"                                                             \
    "\n"                                                                     \
    "    if (entry.success) {\n"                                             \
    "        node.append(...answer('Stored answer', entry.success));\n"      \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    if (entry.error) {\n"                                               \
    "        node.append(...answer('Last error', entry.error));\n"           \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    return node;\n"                                                     \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function answer(title, stored) {\n"                                     \
    "    const fresh = stored.freshFor === undefined \? 'for ever'\n"        \
    "        : stored.freshFor > 0 \? `for ${span(stored.freshFor)}`\n"      \
    "        : `no, stale since ${span(-stored.freshFor)}`;\n"               \
    "    const nodes = [element('h4', {}, title), facts([\n"                 \
    "        ['Status', String(stored.status)],\n"                           \
    "        ['Age', span(stored.age)],\n"                                   \
    "        ['Fresh', fresh],\n"                                            \
    "        ['Size', bytes(stored.size)],\n"                                \
    "        ['Presigned URLs', stored.urls \? 'yes' : 'no'],\n"             \
    "        ['Upstream said', stored.upstreamStatus\n"                      \
    "            \? `${stored.upstreamStatus} in ${span(stored.upstreamTime" \
    ")}`\n"                                                                  \
    "            : `nothing in ${span(stored.upstreamTime)}`],\n"            \
    "    ])];\n"                                                             \
    "\n"                                                                     \
    "    if (stored.body !== undefined) {\n"                                 \
    "        nodes.push(element('pre', {tabindex: 0, role: 'region',\n"      \
    "            'aria-label': `${title}: body`}, stored.body));\n"          \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    return nodes;\n"                                                    \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "function facts(list) {\n"                                               \
    "    return element('dl', {class: 'facts'}, ...list.map(([name, value])" \
    " =>\n"                                                                  \
    "        element('div', {}, element('dt', {}, name),\n"                  \
    "            element('dd', {}, value))));\n"                             \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// The page as a whole: what the gateway counts is read each second.\n" \
    "\n"                                                                     \
    "const PERIOD = 1000;\n"                                                 \
    "const PATIENCE = 5000;\n"                                               \
    "\n"                                                                     \
    "let timer = null;\n"                                                    \
    "let asking = false;\n"                                                  \
    "let awaySince = null;\n"                                                \
    "let failures = 0;\n"                                                    \
    "let name = '';\n"                                                       \
    "\n"                                                                     \
    "\n"                                                                     \
    "function show(data) {\n"                                                \
    "    const {error, ...fetches} = data.fetches;\n"                        \
    "\n"                                                                     \
    "    showGateway(data.gateway);\n"                                       \
    "    showCards(take(data));\n"                                           \
    "    showPaused(data.paused, data.tenantsPaused, data.time);\n"          \
    "    showZones(data.zones);\n"                                           \
    "    showSecretFiles(data.secretFiles, data.secretFilesKnown);\n"        \
    "    showErrors(data.errors);\n"                                         \
    "    say(byId('unknown'), data.unknown\n"                                \
    "        \? plural(data.unknown, 'fetch was', 'fetches were')\n"         \
    "            + ' for a task that upstream does not know: 404, which is " \
    "an '\n"                                                                 \
    "            + 'answer and no error.'\n"                                 \
    "        : '');\n"                                                       \
    "    showCounts('requests', data.requests);\n"                           \
    "    showCounts('fetches', {...fetches, error: error - data.unknown,\n"  \
    "        'unknown task (404)': data.unknown});\n"                        \
    "    showCounts('responses', data.responses);\n"                         \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "// The clockwork: one question at a time, none while nobody looks.\n"   \
    "\n"                                                                     \
    "function link(text, className) {\n"                                     \
    "    const node = byId('link');\n"                                       \
    "\n"                                                                     \
    "    say(node, text);\n"                                                 \
    "    node.className = `link ${className}`;\n"                            \
    "    document.body.classList.toggle('away-now', className === 'away');"  \
    "\n"                                                                     \
    "    document.title = (className === 'away' \? 'Not reachable - ' : '')" \
    "\n"                                                                     \
    "        + (name \? `${name} - ` : '') + 'Clear status gateway';\n"      \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "async function ask(query) {\n"                                          \
    "    const response = await fetch(\n"                                    \
    "        `${location.pathname}\?${new URLSearchParams(query)}`,\n"       \
    "        {cache: 'no-store', signal: AbortSignal.timeout(PATIENCE)});\n" \
    "    const data = await response.json().catch(() => null);\n"            \
    "\n"                                                                     \
    "    return {status: response.status, data};\n"                          \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "async function tick() {\n"                                              \
    "    if (asking || document.hidden) {\n"                                 \
    "        return;\n"                                                      \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    clearTimeout(timer);\n"                                             \
    "    asking = true;\n"                                                   \
    "\n"                                                                     \
    "    const begun = performance.now();\n"                                 \
    "    let wrong = null;\n"                                                \
    "\n"                                                                     \
    "    try {\n"                                                            \
    "        const {status, data} = await ask({format: 'json',\n"            \
    "            ...missed() \? {history: 1} : {}});\n"                      \
    "\n"                                                                     \
    "        if (status === 200 && data\?.requests) {\n"                     \
    "            show(data);\n"                                              \
    "\n"                                                                     \
    "        } else {\n"                                                     \
    "            wrong = `it answers ${status}`;\n"                          \
    "        }\n"                                                            \
    "\n"                                                                     \
    "    } catch (error) {\n"                                                \
    "        wrong = error.name === 'TimeoutError' \? 'no answer in time'\n" \
    "            : 'no connection';\n"                                       \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    asking = false;\n"                                                  \
    "\n"                                                                     \
    "    if (wrong) {\n"                                                     \
    "        failures++;\n"                                                  \
    "        awaySince \?\?= Date.now();\n"                                  \
    "        link(`Not reachable since ${clock(awaySince)} (${wrong}), tryi" \
    "ng `\n"                                                                 \
    "            + 'again', 'away');\n"                                      \
    "\n"                                                                     \
    "    } else {\n"                                                         \
    "        failures = 0;\n"                                                \
    "        awaySince = null;\n"                                            \
    "        link('Live', 'live');\n"                                        \
    "    }\n"                                                                \
    "\n"                                                                     \
    "    if (!document.hidden) {\n"                                          \
    "        const pause = PERIOD * Math.min(Math.max(failures, 1), 5);\n"   \
    "        timer = setTimeout(tick,\n"                                     \
    "            Math.max(pause - (performance.now() - begun), 100));\n"     \
    "    }\n"                                                                \
    "}\n"                                                                    \
    "\n"                                                                     \
    "\n"                                                                     \
    "byId('look').addEventListener('submit', (event) => {\n"                 \
    "    event.preventDefault();\n"                                          \
    "    lookUp();\n"                                                        \
    "});\n"                                                                  \
    "\n"                                                                     \
    "document.addEventListener('visibilitychange', () => {\n"                \
    "    if (document.hidden) {\n"                                           \
    "        clearTimeout(timer);\n"                                         \
    "        link('Paused while hidden', '');\n"                             \
    "\n"                                                                     \
    "    } else {\n"                                                         \
    "        tick();\n"                                                      \
    "    }\n"                                                                \
    "});\n"                                                                  \
    "\n"                                                                     \
    "makeCards();\n"                                                         \
    "tick();\n"                                                              \
    "\n"                                                                     \
    "const asked = new URLSearchParams(location.search);\n"                  \
    "\n"                                                                     \
    "if (asked.get('taskId')) {\n"                                           \
    "    byId('task').value = asked.get('taskId');\n"                        \
    "    byId('integration').value = asked.get('integrationId') \?\? '';\n"  \
    "    lookUp();\n"                                                        \
    "}\n"                                                                    \
    "</script>\n"                                                            \
    "</body>\n"                                                              \
    "</html>\n"


#endif /* _NGX_CS_OPERATOR_DASHBOARD_PAGE_H_INCLUDED_ */
