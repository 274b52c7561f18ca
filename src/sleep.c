/* SPDX-License-Identifier: MIT
 *
 * Sleeping: on a descriptor, for who has an event loop, or on the bells' own word.
 */
#include "port.h"

#include "error.h"
#include "os/event.h"
#include "os/park.h"

ta_status ta_port_fd(ta_port *port, int *out) {
    if (port == NULL || out == NULL) return ta_fail(TA_E_INVALID, "NULL as the port or the result");
    if (port->fd < 0) port->fd = ta_os_event_create();
    if (port->fd < 0) return ta_fail(TA_E_SYSTEM, "the system has no event descriptor to give");
    *out = port->fd;
    return TA_OK;
}

/* True: asleep, as far as others know. */
static bool fall_asleep(ta_port *port, uint32_t how) {
    if (!ta_port_rest(port) || !ta_bells_sleep(&port->bells, how)) return false;
    TA_PROBE1(sleep, port->seat);
    ta_count(&port->sleeps, 1);
    return true;
}

bool ta_port_prepare_sleep(ta_port *port) {
    int fd;
    if (port == NULL) return true;
    TA_CHECK_OWNER(port);
    if (port->is_polling || ta_port_fd(port, &fd) != TA_OK) return true;
    port->sleeps_on_fd = fall_asleep(port, TA_BELLS_ASLEEP_FD);
    return !port->sleeps_on_fd;
}

void ta_port_take_signals(ta_port *port) {
    uint64_t came = ta_os_event_clear(port->fd);
    port->signals_due -= came < port->signals_due ? (uint32_t)came : port->signals_due;
}

void ta_port_finish_sleep(ta_port *port) {
    if (port == NULL) return;
    TA_CHECK_OWNER(port);
    bool is_rung = ta_bells_wake(&port->bells);
    TA_PROBE2(awake, port->seat, is_rung);
    /* Who rang first while it slept, signals, once, but perhaps only after this: then the polls from
     * here on see to it, or the end of the next sleep. Left alone, it would keep the descriptor
     * readable for a loop that looks at it while it is awake, and end the sleeps to come. */
    if (is_rung && port->sleeps_on_fd) port->signals_due++;
    port->sleeps_on_fd = false;
    if (port->signals_due != 0) ta_port_take_signals(port);
}

bool ta_port_wait(ta_port *port, int64_t timeout) {
    if (port == NULL) return false;
    TA_CHECK_OWNER(port);
    if (port->is_polling) return false;
    if (!fall_asleep(port, TA_BELLS_ASLEEP_FUTEX)) return true;
    const uint32_t asleep = TA_BELLS_ASLEEP_FUTEX | (port->is_drained ? TA_BELLS_GONE : 0);
    if (timeout < 0) do /* a signal, or a wake that comes late, ends a park, too */
            ta_os_park(&port->bells.state, asleep);
        while (!ta_bells_are_rung(&port->bells));
    else
        ta_os_park_for(&port->bells.state, asleep, (uint64_t)timeout);
    bool is_rung = ta_bells_wake(&port->bells);
    TA_PROBE2(awake, port->seat, is_rung);
    return is_rung;
}
