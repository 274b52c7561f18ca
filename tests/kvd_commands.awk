# SPDX-License-Identifier: MIT
#
# awk -v seed=N -v count=N -f kvd_commands.awk: so many random requests in RESP, few keys, valid for the
# most part, and QUIT.
function key() { return "key" int(rand() * 40) }
function value(   n, s) {
    if (rand() < 0.3) return int(rand() * 1000) - 500
    n = int(rand() * rand() * rand() * 3000)
    while (length(s) < n) s = s sprintf("%c", 97 + int(rand() * 26)) "abcdefgh"
    return "v" s
}
function keys(from, most,   i, n) {
    n = 1 + int(rand() * most)
    for (i = 0; i < n; i++) word[from + i] = key()
    return from + n - 1
}
function number() { return int(rand() * 20) - 10 }
function emit(n,   i, s) {
    s = "*" n "\r\n"
    for (i = 1; i <= n; i++) s = s "$" length(word[i]) "\r\n" word[i] "\r\n"
    printf "%s", s
}
BEGIN {
    srand(seed)
    split("GET STRLEN GETDEL TYPE PERSIST INCR DECR EXPIRETIME", of_key, " ")
    split("APPEND SET SETNX GETSET INCRBY DECRBY", of_value, " ")
    split("MGET DEL UNLINK EXISTS TOUCH", of_keys, " ")
    split("PING DBSIZE TIMES COMMAND|", alone, " ")
    for (k = 0; k < count; k++) {
        r = int(rand() * 24)
        word[2] = key()
        if (r < 6) { word[1] = of_key[1 + int(rand() * 8)]; n = 2 }
        else if (r < 12) { word[1] = of_value[1 + int(rand() * 6)]; word[3] = value(); n = 3 }
        else if (r < 16) { word[1] = of_keys[1 + int(rand() * 5)]; n = keys(2, 6) }
        else if (r < 17) { word[1] = "MSET"; word[3] = value(); word[4] = key(); word[5] = value(); n = 5 }
        else if (r < 18) { word[1] = "GETRANGE"; word[3] = number(); word[4] = number(); n = 4 }
        else if (r < 19) { word[1] = "SETRANGE"; word[3] = int(rand() * 100); word[4] = "xyz"; n = 4 }
        else if (r < 20) { word[1] = "EXPIREAT"; word[3] = rand() < 0.5 ? 1 : 33000000000; n = 3 }
        else if (r < 21) {
            word[1] = "SET"; word[3] = value(); word[4] = rand() < 0.5 ? "NX" : "XX"
            word[5] = rand() < 0.5 ? "GET" : "KEEPTTL"; n = 5
        }
        else if (r < 22) { word[1] = "EXPIRETIME"; n = 2 }
        else if (r < 23) { word[1] = "ECHO"; word[2] = value(); n = 2 }
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
