-- Requests of a series of task ids, for wrk: "once" asks for each id once,
-- "random" for ids of the first KEYS, that bench/lib/Bench/Load.pm stored.
--
--     wrk ... URL -- once|random SERIES KEYS PATH
--
-- Prints numbers for bench/lib/Bench/Load.pm to read.

local path = "/one-integration/workflow/status?taskId="
local series, keys, n, requests, once


function init(args)
    once = args[1] == "once"
    series = tonumber(args[2])
    keys = tonumber(args[3])
    n = 0

    if not once then
        requests = {}

        for i = 0, keys - 1 do
            requests[i] = build(i)
        end
    end
end


function build(i)
    return wrk.format("GET", path .. string.format("%08x%016x", series, i))
end


function request()
    if once then
        n = n + 1
        return build(n)
    end

    -- a step that is prime to any number of keys, so that all are asked for
    n = (n + 7919) % keys
    return requests[n]
end


function done(summary, latency)
    local e = summary.errors

    io.write(string.format("numbers: %d %d %d %d %d\n", summary.requests,
        summary.duration, latency:percentile(50), latency:percentile(99),
        e.connect + e.read + e.write + e.timeout + e.status))
end
