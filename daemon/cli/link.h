/*
 * link - a command's talk with the daemon.
 *
 * Holds:      what goes wrong is said once, on standard error, with what can
 *             be done about it.
 * Trusts:     nothing of the answers.
 * Leaves out: the socket's bytes (edge/control/client.h).
 */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include "cli/commands.h"
#include "core/base/err.h"
#include "edge/control/client.h"

/* A request being built. */
struct ask {
    struct arena arena;
    struct control_builder b;
    const char *verb;
    const struct slice *messages;
    size_t message_count;
};

void ask_begin(struct ask *a, const char *verb);
void ask_text(struct ask *a, const char *key, const char *text);
void ask_clear(struct ask *a);

/* Connect as the options --socket and --state say; NULL after saying why
 * not. */
struct daemon *link_open(const struct run *run);

/* The same for the index, which has its socket beside the daemon's. */
struct daemon *link_open_index(const struct run *run);

/* As link_open without a word, for those who try until it works; the same for
 * the index. */
struct daemon *link_open_again(const struct run *run);
struct daemon *link_open_index_again(const struct run *run);

/* Send a request; its id goes to `id`. False after saying why not. */
MUST_USE bool link_send(struct daemon *d, struct ask *a, uint64_t *id);

/* Ask and wait for the answer, which lives until the next receive. Does not
 * speak of an answer that is itself an error; false after saying what is
 * wrong with the link. */
MUST_USE bool link_ask(struct daemon *d, struct ask *a,
                       struct control_answer *out);

/* Ask and wait for at most so long, without a word: gives the answer's own
 * error as well. */
MUST_USE enum err link_ask_within(struct daemon *d, const struct ask *a, int ms,
                                  struct control_answer *out);

/* As link_ask, and an error in the answer is said as well. */
MUST_USE bool link_call(struct daemon *d, struct ask *a,
                        struct control_answer *out);

/* Wait for the next answer to `id`, at most `timeout_ms` (-1: for ever).
 * ERR_TIMEOUT is not said, everything else is. */
MUST_USE enum err link_receive(struct daemon *d, uint64_t id, int timeout_ms,
                               struct control_answer *out);

/* Ask for what has this number and show it; gives the exit code, that of
 * `show` if there is such a thing. */
int link_show(struct run *run, const char *verb, uint64_t number,
              int (*show)(struct run *run, const struct control_answer *a,
                          uint64_t number));

/* Say an error of an answer on standard error. */
void link_complain(const struct control_answer *a);

/* Read numbers of a record that must not be negative. */
uint64_t record_u64(const struct control_record *r, const char *key);

#endif
