/*
 * upload - brings messages to the daemon, many at a time.
 *
 * Holds:      several pages are under way at once; each message gets its
 *             verdict, in order. If the daemon goes away, what it has not
 *             answered is sent again when it is back: repeating is harmless.
 * Leaves out: where the messages come from (source.h).
 */
#ifndef CLI_UPLOAD_H
#define CLI_UPLOAD_H

#include "cli/link.h"
#include "cli/source.h"
#include "core/model/message.h"

/* What is known of a message when its verdict comes. */
struct upload_tag {
    struct place place;
    uint32_t type;          /* whatever the caller counts by */
    struct marking marking; /* its slices are not kept */
    uint64_t teams;         /* that it was added for; upload fills it in */
};

struct upload_config {
    const struct run *run;
    const struct buf *to; /* full names, one after another, each with a NUL */
    bool urgent, dry_run, again;
    struct slice hash;    /* of the content; empty for values typed in */
    struct slice options; /* canonical */
    struct slice title;
    struct slice release; /* code of a second person; empty: none */
    void *context;
    /* Takes the verdict: the daemon's record, or NULL for a message that was
     * there already. */
    void (*verdict)(void *context, const struct upload_tag *tag,
                    const struct control_record *record);
};

/* Teams that can be told apart; beyond them a message goes to all. */
#define UPLOAD_TEAMS_MAX 64
#define UPLOAD_ALL UINT64_MAX

struct upload;

/* Count full names, each with a NUL. */
size_t upload_teams(const struct buf *to);

struct upload *upload_new(const struct upload_config *config);
void upload_free(struct upload *u);

/* Open the submission, which the first message does as well. False after
 * saying what is wrong. */
MUST_USE bool upload_open(struct upload *u);

/* Add a message for those of the teams whose bit is set, the first being the
 * lowest; its submission number is filled in. False after saying what is
 * wrong. */
MUST_USE bool upload_add(struct upload *u, const struct upload_tag *tag,
                         struct message *m, uint64_t teams);

/* Send what is left and wait for every verdict; more may be added after. */
MUST_USE bool upload_finish(struct upload *u);

/* Pass over a message that is not offered: those that follow keep their place,
 * by which a repeated submission is known. */
void upload_skip(struct upload *u);

/* Give the number of the submission; 0 before the first message. */
uint64_t upload_number(const struct upload *u);

#endif
