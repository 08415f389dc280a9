/*
 * tally - counts messages by type and marking, and what was refused.
 */
#ifndef CLI_TALLY_H
#define CLI_TALLY_H

#include "cli/json_out.h"
#include "cli/source.h"
#include "core/base/buf.h"
#include "core/model/message.h"
#include "core/wire/control.h"

#define TALLY_TYPES_MAX 128
#define TALLY_NAME_MAX 48

struct tally {
    char names[TALLY_TYPES_MAX][TALLY_NAME_MAX];
    uint64_t types[TALLY_TYPES_MAX]; /* accepted of each */
    size_t type_count;
    uint64_t tlps[TLP_RED + 1], paps[PAP_RED + 1];
    uint64_t indicators, objects; /* accepted */
    uint64_t there;               /* accepted before */
    uint64_t unchanged;           /* left out: the teams have it so, */
    uint64_t older;               /* or newer, */
    uint64_t revoked;             /* or revoked, */
    uint64_t withdrawn;           /* or had it, and it was withdrawn */
    uint64_t refused;             /* by the rules, or not good */
    uint64_t warned;              /* held back: hardly indicators */
};

/* Give the number of the message's type, for tally_accept. */
uint32_t tally_type(struct tally *t, const struct message *m);

/* Count an accepted message. */
void tally_accept(struct tally *t, uint32_t type, const struct marking *m);

/* Write "3 indicators (ip-port, domain, url)  TLP:AMBER PAP:GREEN". */
void tally_put(struct buf *out, const struct tally *t);
void tally_json(struct json_out *j, const struct tally *t);

/* Write what was left out, each behind " | " where something stands before:
 * "unchanged, already there 7". */
void tally_put_left_out(struct buf *out, const struct tally *t);

uint64_t tally_accepted(const struct tally *t);
uint64_t tally_left_out(const struct tally *t);

/* Refusals, those of one reason together. */
struct refusals;

struct refusals *refusals_new(void);
void refusals_free(struct refusals *r);

/* Add one: to whom, why, and what to do; each may be empty. */
struct refusal {
    struct slice to, text, advice;
    const struct place *place;
    bool is_warning;  /* held back, and goes where it is said again */
    bool is_released; /* it was held, and a second person lets it go */
    bool is_remark;   /* of something that goes */
};
void refusals_add(struct refusals *r, const struct refusal *refusal);

/* Print each reason with its places: " REFUSED 6 TLP:RED ...  objects 12,
 * 40-43  -> name a person". */
void refusals_print(const struct refusals *r);

#endif
