# SPDX-License-Identifier: MIT
#
# awk -v seed=N -v count=N -f kvd_commands.awk: so many random requests in RESP, few keys, valid for
# the most part, and QUIT. What they reply depends on nothing but the requests before: keys whose
# expiry is relative are others than those whose expiry is asked for. The order of some replies is
# free; `<keys>` stands in front of them, see kvd_sorted.awk.
function key() { return "key" int(rand() * 40) }
function aging() { return "aging" int(rand() * 10) }
function any() { return rand() < 0.8 ? key() : aging() }
function value(   n, s) {
    if (rand() < 0.3) return int(rand() * 1000) - 500
    n = int(rand() * rand() * rand() * 3000)
    while (length(s) < n) s = s sprintf("%c", 97 + int(rand() * 26)) "abcdefgh"
    return "v" s
}
function keys(from, most,   i, n) {
    n = 1 + int(rand() * most)
    for (i = 0; i < n; i++) word[from + i] = any()
    return from + n - 1
}
function number() { return int(rand() * 20) - 10 }
function emit(n,   i, s) {
    s = "*" n "\r\n"
    for (i = 1; i <= n; i++) s = s "$" length(word[i]) "\r\n" word[i] "\r\n"
    printf "%s", s
}
function pick(list,   from, n) { n = split(list, from, " "); return from[1 + int(rand() * n)] }
# Times are in the unit of the word in front of them, milliseconds where that begins with P.
function unit(of) { return of ~ /^P/ ? "000" : "" }
# A time from now that no other request names, far ahead; now and then one that will not do.
function seconds(of) {
    if (rand() < 0.1) return pick("0 -1 abc 9223372036854775807 1.5")
    return (k + 1) "000" unit(of)
}
# Points in time.
function later(of) { return pick("33000000000 34000000000 35000000000") unit(of) }
function moment(of) { return rand() < 0.2 ? 1 : later(of) }
# Appends so many of the words of `list`, with a time behind those that want one.
function options(n, list, most,   i) {
    for (i = int(rand() * (most + 1)); i > 0; i--) {
        word[++n] = pick(list)
        # DBSIZE counts what SET made too old until that is noticed
        if (word[n] ~ /^[EP]XAT$/) {
            word[n + 1] = word[1] == "SET" ? later(word[n]) : moment(word[n])
            n++
        }
        else if (word[n] ~ /^[EP]X$/ && rand() < 0.95) { word[n + 1] = seconds(word[n]); n++ }
    }
    return n
}
# Expiries, in all ways that there are; returns the number of words.
function expiry(r) {
    if (r < 3) {
        word[1] = pick("SETEX PSETEX"); word[2] = aging(); word[3] = seconds(word[1]); word[4] = value()
        return 4
    }
    if (r < 6) {
        word[1] = pick("EXPIRE PEXPIRE"); word[2] = aging(); word[3] = seconds(word[1])
        return options(3, "NX XX GT LT gt no", 1.5)
    }
    if (r < 8) {
        word[1] = pick("EXPIREAT PEXPIREAT"); word[2] = key(); word[3] = moment(word[1])
        return options(3, "NX XX GT LT", 1.5)
    }
    word[3] = value()
    if (r < 14) {
        word[1] = "SET"; word[2] = r < 11 ? aging() : key()
        return options(3, r < 11 ? "EX PX NX XX GET KEEPTTL" : "EXAT PXAT NX XX GET", 2)
    }
    word[1] = "GETEX"
    if (r < 16) { word[2] = aging(); return options(2, "EX PX PERSIST", 1) }
    word[2] = key()
    return options(2, "EXAT PXAT PERSIST no", 1.5)
}
BEGIN {
    srand(seed)
    split("GET STRLEN GETDEL TYPE PERSIST INCR DECR EXPIRETIME", of_key, " ")
    split("APPEND SET SETNX GETSET INCRBY DECRBY", of_value, " ")
    split("MGET DEL UNLINK EXISTS TOUCH", of_keys, " ")
    split("PING DBSIZE TIMES COMMAND|", alone, " ")
    for (k = 0; k < count; k++) {
        r = int(rand() * 30)
        word[2] = key()
        if (r < 6) { word[1] = of_key[1 + int(rand() * 8)]; n = 2 }
        else if (r < 12) { word[1] = of_value[1 + int(rand() * 6)]; word[3] = value(); n = 3 }
        else if (r < 16) { word[1] = of_keys[1 + int(rand() * 5)]; n = keys(2, 6) }
        else if (r < 17) { word[1] = "MSET"; word[3] = value(); word[4] = key(); word[5] = value(); n = 5 }
        else if (r < 18) { word[1] = "GETRANGE"; word[3] = number(); word[4] = number(); n = 4 }
        else if (r < 19) { word[1] = "SETRANGE"; word[3] = int(rand() * 100); word[4] = "xyz"; n = 4 }
        else if (r < 20) { word[1] = "EXPIREAT"; word[3] = moment("EXAT"); n = 3 }
        else if (r < 21) {
            word[1] = "SET"; word[3] = value(); word[4] = rand() < 0.5 ? "NX" : "XX"
            word[5] = rand() < 0.5 ? "GET" : "KEEPTTL"; n = 5
        }
        else if (r < 22) { word[1] = "EXPIRETIME"; n = 2 }
        else if (r < 23) { word[1] = "ECHO"; word[2] = value(); n = 2 }
        else if (r < 28) n = expiry(rand() * 18)
        else if (r < 29) {
            word[1] = "ECHO"; word[2] = "<keys>"; emit(2)
            word[1] = "KEYS"; n = 2
            word[2] = pick("* key1* key[1-3]? aging? k?y[^2]* nosuch ag[i-j]ng\\*")
        }
        else {
            r = int(rand() * 8)
            n = 1
            if (r < 2) word[1] = alone[1 + int(rand() * 4)]
            else if (r < 3) word[1] = "FLUSHALL"
            else if (r < 4) { word[1] = "SELECT"; word[2] = rand() < 0.8 ? 0 : 99; n = 2 }
            else if (r < 5) { word[1] = "SET"; n = 1 + int(rand() * 3); word[3] = "EX" }
            else if (r < 6) word[1] = "GET"
            else { word[1] = "NOSUCH"; n = 2 }
        }
        emit(n)
    }
    word[1] = "QUIT"
    emit(1)
}
