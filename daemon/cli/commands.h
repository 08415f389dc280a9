/*
 * commands - what `sealane` can do: one table.
 *
 * Holds:      every command stands in the table once, with its options and
 *             its help; the manual page names exactly these.
 * Trusts:     nothing of the command line.
 * Leaves out: what each command does (the file of its name).
 * Spec:       docs/man/sealane.1
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/options.h"

/* A command being run. */
struct run {
    const struct command *command;
    struct options options;
    bool terminal; /* a person reads: values are shown defanged */
    bool json;
};

typedef int (*command_fn)(struct run *run);

struct command {
    const char *name; /* one word, or two: "peer add" */
    command_fn function;
    const char *synopsis; /* behind the name */
    const char *help;     /* one sentence */
    const struct option *options[2];
};

/* All of them (command_table.c), in the order of the help. */
#define COMMANDS_MAX 64
extern const struct command commands[];
extern const size_t command_count;

/* Run the command line; give the exit code. */
int commands_run(int count, char **arguments);

/* Tell whether a command exists, for hints that name it. */
bool command_exists(const char *name);

/* Say on standard error that the words do not fit, and the synopsis. */
int command_usage(const struct run *run);

/* Say on standard error "sealane: ..." and give FAILED. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

int command_help(struct run *run);
int command_init(struct run *run);
int command_root_new(struct run *run);
int command_card_show(struct run *run);
int command_card_export(struct run *run);
int command_card_request(struct run *run);
int command_card_revoke(struct run *run);
int command_card_sign(struct run *run);
int command_card_import(struct run *run);
int command_key_list(struct run *run);
int command_key_rotate(struct run *run);
int command_peer_add(struct run *run);
int command_peer_confirm(struct run *run);
int command_peer_list(struct run *run);
int command_peer_pause(struct run *run);
int command_peer_resume(struct run *run);
int command_lane_list(struct run *run);
int command_lane_show(struct run *run);
int command_lane_evidence(struct run *run);
int command_lane_adopt(struct run *run);
int command_lane_roll(struct run *run);
int command_submit(struct run *run);
int command_explain(struct run *run);
int command_release(struct run *run);
int command_convert(struct run *run);
int command_submission(struct run *run);
int command_cancel(struct run *run);
int command_expunge(struct run *run);
int command_withdraw(struct run *run);
int command_queue(struct run *run);
int command_list(struct run *run);
int command_search(struct run *run);
int command_export(struct run *run);
int command_show(struct run *run);
int command_watch(struct run *run);
int command_status(struct run *run);
int command_alarm_list(struct run *run);
int command_alarm_show(struct run *run);
int command_alarm_take(struct run *run);
int command_alarm_close(struct run *run);
int command_prove(struct run *run);
int command_verify(struct run *run);
int command_backup(struct run *run);
int command_restore(struct run *run);
int command_audit(struct run *run);
int command_capture_show(struct run *run);
int command_replay(struct run *run);

#endif
