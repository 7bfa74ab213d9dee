/*
 * Copyright (C) The ngx_clear_status_module authors
 *
 * A fleet's scripts; see the header.  They run from Redis 6 on, and are sent
 * whole each time, so that nothing has to be loaded, nor is lost where Redis
 * is started anew.
 */


#include "tier/fleet_scripts.h"


#define NGX_CS_FLEET_NOW                                                     \
    "local t = redis.call('TIME')\n"                                         \
    "local now = t[1] * 1000000 + t[2]\n"

/* when what a task's or an integration id's digest is of was purged last */
#define NGX_CS_FLEET_PURGED                                                  \
    "local function purged(task, id)\n"                                      \
    "  local last = 0\n"                                                     \
    "  for _, m in ipairs({'*', '_', 't' .. task, 'o' .. id}) do\n"          \
    "    local at = redis.call('ZSCORE', KEYS[2], m)\n"                      \
    "    if at then last = math.max(last, tonumber(at)) end\n"               \
    "  end\n"                                                                \
    "  return last\n"                                                        \
    "end\n"

/* an entry stays for so many ms more at the least */
#define NGX_CS_FLEET_STAY                                                    \
    "local function stay(ms)\n"                                              \
    "  ms = math.ceil(ms)\n"                                                 \
    "  if redis.call('PTTL', KEYS[1]) < ms then\n"                           \
    "    redis.call('PEXPIRE', KEYS[1], ms)\n"                               \
    "  end\n"                                                                \
    "end\n"

/*
 * A tenant's next turn is so many us after the one that has come, or after now.
 * Returns when that was.  A clock that was set back leaves one that is far off.
 */
#define NGX_CS_FLEET_TURN                                                    \
    "local function take_turn(apart)\n"                                      \
    "  local turn = tonumber(redis.call('HGET', KEYS[3], 'turn')) or 0\n"    \
    "  if turn > now + 600000000 then turn = now end\n"                      \
    "  turn = math.max(turn, now)\n"                                         \
    "  redis.call('HSET', KEYS[3], 'turn',\n"                                \
    "    string.format('%.0f', turn + apart))\n"                             \
    "  local ms = math.ceil((turn + apart - now) / 1000) + 1000\n"           \
    "  if redis.call('PTTL', KEYS[3]) < ms then\n"                           \
    "    redis.call('PEXPIRE', KEYS[3], ms)\n"                               \
    "  end\n"                                                                \
    "  return turn\n"                                                        \
    "end\n"

/* a fence's time, which it begins with */
#define NGX_CS_FLEET_FENCE_TIME                                              \
    "local function time(fence)\n"                                           \
    "  return tonumber(string.sub(fence or '', 1, 16)) or 0\n"               \
    "end\n"


ngx_str_t  ngx_cs_fleet_take = ngx_string(
    NGX_CS_FLEET_NOW
    NGX_CS_FLEET_PURGED
    NGX_CS_FLEET_STAY
    NGX_CS_FLEET_TURN
    NGX_CS_FLEET_FENCE_TIME

    "local owner, lease, tie, waited, mode = unpack(ARGV, 1, 5)\n"
    "local h = redis.call('HMGET', KEYS[1], 'v', 'at', 'until', 'vf', 'e',\n"
    "  'eat', 'euntil', 'ef', 'owner', 'lease', 'fence', 'seen', 'noted')\n"
    "local v, at, vuntil, vf, e, eat, euntil, ef = unpack(h, 1, 8)\n"
    "local whose, held, fence, seen, noted = unpack(h, 9, 13)\n"

    /*
     * What is there, and was not purged: its flight began after the purge.  A
     * clock that was set back leaves things of the future, which count for
     * nothing.
     */

    "local last = purged(ARGV[6], ARGV[7])\n"
    "if v and (time(vf) <= last or tonumber(at) > now) then\n"
    "  redis.call('HDEL', KEYS[1], 'v', 'at', 'until', 'vf', 'fin')\n"
    "  v = false\n"
    "end\n"
    "if e and (time(ef) <= last or tonumber(eat) > now) then\n"
    "  redis.call('HDEL', KEYS[1], 'e', 'eat', 'euntil', 'ef')\n"
    "  e = false\n"
    "end\n"

    /* both at once are no longer than one may be: NGX_CS_REDIS_VALUE_MAX */

    "local newest = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]\n"
    "local function say(kind, ms, word, result, age)\n"
    "  local stale = v and result ~= v and ARGV[10] == '1'\n"
    "    and #v + #(result or '') <= 4194304\n"
    "  return {kind, math.ceil(ms), word, result or '',\n"
    "    math.floor((age or 0) / 1000), stale and v or '',\n"
    "    stale and math.floor((now - at) / 1000) or 0,\n"
    "    tonumber(newest or 0)}\n"
    "end\n"

    "local free = mode == 'fly' or mode == 'look'\n"
    "if v and (vf == waited or (free and now < tonumber(vuntil))) then\n"
    "  return say(1, 0, vf, v, now - at)\n"
    "end\n"
    "if e and (ef == waited or (free and now < tonumber(euntil))) then\n"
    "  return say(1, 0, ef, e, now - eat)\n"
    "end\n"
    "if mode == 'look' then return say(0, 0, '') end\n"

    /* who flies, unless it flies for what was purged */

    "held = tonumber(held) or 0\n"
    "if held > now and held <= now + lease * 1000 and whose ~= owner\n"
    "  and time(fence) > last\n"
    "then\n"
    "  return say(2, (held - now) / 1000, free and fence or '')\n"
    "end\n"
    "noted = tonumber(noted) or 0\n"
    "if mode == 'note' and noted <= now and now - noted < 1000000 then\n"
    "  return say(2, (noted + 1000000 - now) / 1000, '')\n"
    "end\n"

    /* its tenant's pause and turns */

    "local n = redis.call('HMGET', KEYS[3], 'pause', 'status', 'since')\n"
    "local pause, since = tonumber(n[1]) or 0, tonumber(n[3]) or 0\n"
    "if pause > now and since <= now and since > purged('', ARGV[7]) then\n"
    "  return say(4, (pause - now) / 1000, n[2])\n"
    "end\n"
    "local apart = tonumber(ARGV[8])\n"
    "if apart > 0 and ARGV[9] ~= '1' then\n"
    "  local turn = take_turn(apart)\n"
    "  if turn > now then return say(5, (turn - now) / 1000, '') end\n"
    "end\n"

    /* later than any before, also where Redis' clock was set back */

    "local f = math.max(now, time(fence) + 1, last + 1)\n"
    "fence = string.format('%016.0f-%s', f, tie)\n"
    "redis.call('HSET', KEYS[1], 'owner', owner, 'fence', fence,\n"
    "  'lease', string.format('%.0f', now + lease * 1000))\n"
    "if not seen then\n"
    "  seen = string.format('%.0f', now)\n"
    "  redis.call('HSET', KEYS[1], 'seen', seen)\n"
    "end\n"
    "if mode == 'note' then\n"
    "  redis.call('HSET', KEYS[1], 'noted', string.format('%.0f', now))\n"
    "end\n"
    "stay(lease + 5000)\n"
    "return say(3, math.max(0, (now - seen) / 1000), fence)\n"
);


ngx_str_t  ngx_cs_fleet_renew = ngx_string(
    NGX_CS_FLEET_NOW
    NGX_CS_FLEET_STAY

    "local fence = redis.call('HGET', KEYS[1], 'fence')\n"
    "if fence and fence ~= ARGV[2] then return 0 end\n"
    "redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fence', ARGV[2],\n"
    "  'lease', string.format('%.0f', now + ARGV[3] * 1000))\n"
    "stay(ARGV[3] + 5000)\n"
    "return 1\n"
);


ngx_str_t  ngx_cs_fleet_give = ngx_string(
    NGX_CS_FLEET_NOW
    NGX_CS_FLEET_TURN

    "if tonumber(ARGV[4]) > 0 then take_turn(ARGV[4]) end\n"
    "if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end\n"
    "redis.call('HDEL', KEYS[1], 'owner', 'lease')\n"
    "redis.call('PUBLISH', ARGV[2], ARGV[3])\n"
    "return 1\n"
);


ngx_str_t  ngx_cs_fleet_land = ngx_string(
    NGX_CS_FLEET_NOW
    NGX_CS_FLEET_PURGED
    NGX_CS_FLEET_STAY
    NGX_CS_FLEET_TURN
    NGX_CS_FLEET_FENCE_TIME

    "local fence, bytes, age, lifetime, kind, keep = unpack(ARGV, 1, 6)\n"
    "local h = redis.call('HMGET', KEYS[1], 'fence', 'fin')\n"
    "if tonumber(ARGV[14]) > 0 then take_turn(ARGV[14]) end\n"

    /* another flight was begun after this one: it is to be believed */

    "local a, b = time(fence), time(h[1])\n"
    "if a < b or (a == b and fence < h[1]) then return 0 end\n"

    "local ended = function()\n"
    "  redis.call('HDEL', KEYS[1], 'owner', 'lease')\n"
    "  redis.call('PUBLISH', ARGV[9], ARGV[10])\n"
    "end\n"

    /* what lay before a Redis that stood still is as old as when it was sent */

    "local sent = math.min(now, a + ARGV[13] * 1000)\n"

    "if tonumber(ARGV[11]) > 0 then\n"
    "  redis.call('HSET', KEYS[3], 'status', ARGV[12],\n"
    "    'since', string.format('%.0f', sent),\n"
    "    'pause', string.format('%.0f', sent + ARGV[11] * 1000))\n"
    "  if redis.call('PTTL', KEYS[3]) < tonumber(ARGV[11]) then\n"
    "    redis.call('PEXPIRE', KEYS[3], ARGV[11])\n"
    "  end\n"
    "end\n"

    "if a <= purged(ARGV[7], ARGV[8]) then\n"
    "  ended()\n"
    "  return 0\n"
    "end\n"

    "local at = sent - age * 1000\n"
    "local till = at + lifetime * 1000\n"
    "if tonumber(lifetime) < 0 or till > 9007199254740991 then\n"
    "  till = 9007199254740991\n"
    "end\n"
    "at, till = string.format('%.0f', at), string.format('%.0f', till)\n"

    /* an upstream that lags behind replaces no finished answer */

    "if kind == 'e' or (kind == 'v' and h[2] == '1') then\n"
    "  redis.call('HSET', KEYS[1], 'e', bytes, 'eat', at, 'euntil', till,\n"
    "    'ef', fence, 'fence', fence, 'o', ARGV[8])\n"
    "  stay(tonumber(keep))\n"
    "else\n"
    "  redis.call('HSET', KEYS[1], 'v', bytes, 'at', at, 'until', till,\n"
    "    'vf', fence, 'fin', kind == 'f' and '1' or '0', 'fence', fence,\n"
    "    'o', ARGV[8])\n"
    "  redis.call('HDEL', KEYS[1], 'e', 'eat', 'euntil', 'ef')\n"
    "  redis.call('PEXPIRE', KEYS[1], keep)\n"
    "end\n"
    "ended()\n"
    "return 1\n"
);


/* a log of purges begins with when it did, before all of them */
#define NGX_CS_FLEET_EPOCH                                                   \
    "local z = KEYS[1]\n"                                                    \
    "local first = redis.call('ZRANGE', z, 0, 0)[1]\n"                       \
    "local epoch = string.match(first or '', '^e(%d+)$')\n"                  \
    "local newest = redis.call('ZREVRANGE', z, 0, 0, 'WITHSCORES')[2]\n"     \
    "newest = tonumber(newest or 0)\n"


ngx_str_t  ngx_cs_fleet_purge = ngx_string(
    NGX_CS_FLEET_NOW
    NGX_CS_FLEET_EPOCH

    /*
     * One that has lost its end is another from here on, which all read whole:
     * what others purged meanwhile may be before what was read.
     */

    "if epoch == ARGV[6] and tonumber(ARGV[5]) > newest then\n"
    "  redis.call('ZREM', z, first)\n"
    "  epoch = nil\n"
    "end\n"
    "if not epoch then\n"
    "  redis.call('ZADD', z, 1, string.format('e%.0f', now))\n"
    "end\n"
    "local at = math.max(now, newest + 1, ARGV[5] + 1)\n"
    "redis.call('ZADD', z, string.format('%.0f', at), ARGV[1])\n"

    /* where there are too many, the oldest become one that is of all */

    "local more = redis.call('ZCARD', z) - 1 - ARGV[2]\n"
    "if more > 0 then\n"
    "  local out = redis.call('ZRANGE', z, 1, more, 'WITHSCORES')\n"
    "  redis.call('ZREMRANGEBYRANK', z, 1, more)\n"
    "  redis.call('ZADD', z, out[#out], '_')\n"
    "end\n"
    "redis.call('PUBLISH', ARGV[3], ARGV[4])\n"
    "return at\n"
);


ngx_str_t  ngx_cs_fleet_log = ngx_string(
    NGX_CS_FLEET_EPOCH

    /*
     * Another log than was read so far is read whole, as is one that has lost
     * its end: what came instead may be before what was read.
     */

    "epoch = epoch or '0'\n"
    "local from = ARGV[1] == epoch and tonumber(ARGV[2]) <= newest\n"
    "  and ARGV[2] or '0'\n"
    "local floor = tonumber(redis.call('ZSCORE', z, '_') or 0)\n"
    "local out = {tonumber(epoch), newest, newest,\n"
    "  floor > tonumber(from) and 1 or 0}\n"
    "local since = redis.call('ZRANGEBYSCORE', z, '(' .. from, '+inf',\n"
    "  'WITHSCORES', 'LIMIT', 0, ARGV[3])\n"
    "if #since == 2 * ARGV[3] then out[3] = tonumber(since[#since]) end\n"
    "for i = 1, #since, 2 do\n"
    "  if since[i] ~= '_' and since[i] ~= first then\n"
    "    out[#out + 1] = since[i]\n"
    "    out[#out + 1] = tonumber(since[i + 1])\n"
    "  end\n"
    "end\n"
    "return out\n"
);


ngx_str_t  ngx_cs_fleet_sweep = ngx_string(
    NGX_CS_FLEET_PURGED
    NGX_CS_FLEET_FENCE_TIME

    "local found = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT',\n"
    "  ARGV[3], 'TYPE', 'hash')\n"
    "for _, key in ipairs(found[2]) do\n"
    "  local digest = string.sub(key, ARGV[4] + 1)\n"
    "  if string.match(digest, '^%x+$') and #digest == 32 then\n"
    "    local h = redis.call('HMGET', key, 'vf', 'ef', 'o')\n"
    "    local last = purged(string.sub(digest, 1, 16), h[3] or '')\n"
    "    if h[1] and time(h[1]) <= last then\n"
    "      redis.call('HDEL', key, 'v', 'at', 'until', 'vf', 'fin')\n"
    "    end\n"
    "    if h[2] and time(h[2]) <= last then\n"
    "      redis.call('HDEL', key, 'e', 'eat', 'euntil', 'ef')\n"
    "    end\n"
    "  end\n"
    "end\n"
    "return found[1]\n"
);
