# The page's plots, of build/bench/*.tsv.  Called by bench/run.pl with "from"
# and "to", the folders, and "only"; each plot is made where its numbers are.

set datafile separator "\t"
set terminal svg size 720,320 font "sans-serif,13" background "white" noenhanced
set style fill solid 0.85 noborder
set linetype 1 linecolor rgb "#1f6feb"
set linetype 2 linecolor rgb "#d4781f"
set linetype 3 linecolor rgb "#2d9d5c"
set border 3 linecolor rgb "#888888"
set tics nomirror
set grid ytics linecolor rgb "#dddddd"
set xtics nomirror font ",11"
set boxwidth 0.6
set key off

# "nginx, proxy_cache" in two lines
label(s) = strstrt(s, ", ") == 0 ? s : \
    s[1:strstrt(s, ", ") - 1]."\n".s[strstrt(s, ", ") + 2:*]

# "only" has names, of which the others' plots stay; or none
wanted(name) = only eq "" || strstrt(" ".only." ", " ".name." ") > 0
there(name) = wanted(name[1:strlen(name) - 4]) && \
    int(system("test -s ".from."/".name." && echo 1 || echo 0"))

if (there("hit.tsv")) {
    set output to."/performance-hit.svg"
    set ylabel "hits/s, one worker"
    set yrange [0:*]
    plot from."/hit.tsv" using 0:2:xtic(label(strcol(1))) with boxes linetype 1
}

if (there("cold.tsv")) {
    set output to."/performance-cold.svg"
    set ylabel "mean wait of a cold crowd, ms"
    set yrange [0:*]
    plot from."/cold.tsv" using 0:2:xtic(label(strcol(1))) with boxes linetype 1
}

if (there("memory.tsv")) {
    set output to."/performance-memory.svg"
    set xlabel "misses"
    set ylabel "a worker's own memory, KiB"
    set yrange [0:*]
    set xtics auto
    set xtics format "%.0f"
    plot from."/memory.tsv" using 1:2 with linespoints linetype 1 \
        pointtype 7 pointsize 0.4
}

if (there("growth.tsv")) {
    set output to."/performance-growth.svg"
    set xlabel "tasks"
    set ylabel "hits/s"
    set y2label "lock held, ns"
    set logscale x
    set xtics format "%.0f"
    set yrange [0:*]
    set y2range [0:*]
    set y2tics
    set border 11
    set key outside right
    plot for [w in "1 2 4"] from."/growth.tsv" \
            using ($1 == w ? $2 : NaN):3 with linespoints pointtype 7 \
            linetype (w == 1 ? 1 : w == 2 ? 2 : 3) title w." workers", \
        for [w in "1 2 4"] from."/growth.tsv" \
            using ($1 == w ? $2 : NaN):4 axes x1y2 with linespoints \
            pointtype 6 dashtype 2 \
            linetype (w == 1 ? 1 : w == 2 ? 2 : 3) title w.", lock"
}


if (there("waiting.tsv")) {
    reset
    set datafile separator "\t"
    set output to."/performance-waiting.svg"
    set border 3 linecolor rgb "#888888"
    set tics nomirror
    set grid ytics linecolor rgb "#dddddd"
    set xlabel "ms after the end of the fetch"
    set ylabel "held callers that are answered"
    set xrange [0:*]
    set yrange [0:*]
    set key off
    plot from."/waiting.tsv" using 1:2 with lines linewidth 2 \
        linecolor rgb "#1f6feb"
}

if (there("economy.tsv")) {
    reset
    set datafile separator "\t"
    set output to."/performance-economy.svg"
    set border 3 linecolor rgb "#888888"
    set tics nomirror
    set grid linecolor rgb "#dddddd"
    set logscale x
    set xlabel "calls upstream for a task of 12 minutes"
    set ylabel "services know after, s"
    set xrange [5:20000]
    set yrange [0:*]
    set offsets 0, 0, 1, 0
    set key off
    plot from."/economy.tsv" using 2:3:(strcol(1)) with labels point \
        pointtype 7 linecolor rgb "#1f6feb" offset 0,1 font ",11"
}
