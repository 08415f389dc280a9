/*
 * search - what was found, for people and for programs.
 *
 * Holds:      for people values are defanged on a terminal and letters are
 *             clean; for programs everything is raw.
 * Trusts:     nothing of a message: it may come from a peer.
 * Leaves out: asking (search.c).
 * Spec:       docs/man/sealane.1, search
 */
#ifndef CLI_SEARCH_H
#define CLI_SEARCH_H

#include "cli/commands.h"
#include "cli/json_out.h"
#include "cli/text.h"
#include "core/wire/control.h"

#define SEARCH_TEAMS_MAX 256

struct search_out {
    const struct run *run;
    struct json_out *json; /* or NULL */
    bool csv;
    struct grid grid;
    uint64_t shown, asked, known;
    uint64_t searched;
    bool red_left_out, exercises_left_out, cut;
    struct buf teams; /* names, each with a zero behind it */
    size_t team_count;
    struct buf last; /* value that was known last */
};

void search_out_begin(struct search_out *o, const struct run *run);

/* Take the first record of an answer, then one for each match. */
void search_out_about(struct search_out *o, const struct control_record *r);
void search_out_match(struct search_out *o, const struct control_record *r);

/* Print what is left, and free. */
void search_out_end(struct search_out *o);

#endif
