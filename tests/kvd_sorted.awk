# SPDX-License-Identifier: MIT
#
# awk -f kvd_sorted.awk: replies in RESP; an array of strings behind the reply `<keys>` is put in
# order.
BEGIN { RS = "\r\n" }
{ print }
$0 == "<keys>" && (getline count) > 0 {
    print count
    n = substr(count, 2) + 0
    for (i = 1; i <= n; i++) {
        getline; getline item[i]
        for (j = i; j > 1 && item[j - 1] > item[j]; j--) {
            held = item[j]; item[j] = item[j - 1]; item[j - 1] = held
        }
    }
    for (i = 1; i <= n; i++) print item[i]
}
