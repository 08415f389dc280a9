/*
 * submit - what submit and explain share: wishes of the command line, put
 *          into every message, and what became of each.
 *
 * Holds:      the command's marking fills in or makes stricter, and never
 *             loosens; what a document says of its own objects stays.
 */
#ifndef CLI_SUBMIT_H
#define CLI_SUBMIT_H

#include "cli/fates.h"
#include "cli/held.h"
#include "cli/sanity.h"
#include "cli/sift.h"
#include "cli/tally.h"
#include "cli/upload.h"
#include "cli/vanished.h"

/* What the options say, checked. */
struct wishes {
    bool has_tlp, has_confidence;
    enum tlp tlp, default_tlp;
    enum pap pap;
    struct slice role; /* empty: not said */
    enum use use;      /* USE_UNSTATED: not said */
    uint32_t confidence;
    uint64_t valid_ms; /* 0: not said */
    uint64_t wait_ms;  /* 0: do not wait */
    uint64_t now_ms;
    bool urgent, dry_run, stop, again, only_new;
    struct buf to;      /* full names, each with a NUL */
    struct buf options; /* canonical, for the stream's id */
    uint64_t ahead;     /* queued for those teams already */
    struct buf lists;   /* folder of warninglists, with a NUL */
    bool warn_documentation, allow_listed;
    struct held held; /* back by their source */
};

struct submit {
    struct run *run;
    struct wishes wishes;
    struct sources sources;
    struct source_handler handler;
    struct upload *upload;
    struct sift *sift;
    bool was_sifted; /* what is there was told of all */
    struct vanished vanished;
    bool has_faults; /* a part of the files could not be read */
    struct tally tally;
    struct refusals *refusals; /* of explain; NULL: said at once */
    struct fates fates;
    struct warnings *warnings;
    bool failed;
    bool tries;             /* nothing of this pass is sent */
    struct buf about;       /* the event of MISP that was read last */
    uint64_t events, parts; /* of MISP */
    const char *document;   /* being delivered; NULL: none */
    uint64_t reached;       /* teams that have something of it, as upload_add */
    struct slice labels[LABELS_MAX];
    struct slice recipients[RECIPIENTS_MAX];
};

/* Read the options and ask the daemon for the teams that they name; false
 * after saying what is wrong. */
MUST_USE bool wishes_read(const struct run *run, struct wishes *out);
void wishes_clear(struct wishes *w);

/* Read the teams of --to alone. */
MUST_USE bool wishes_teams(const struct run *run, struct wishes *out);

/* Read all sources and offer every message; false after saying what is
 * wrong. With `dry_run` nothing is queued. */
MUST_USE bool submit_all(struct submit *s, bool dry_run);

/* Count what was taken, now or before. */
uint64_t submit_taken(const struct submit *s);

/* Put the wishes into a message. */
void wishes_apply(struct submit *s, struct message *m, bool has_tlp);

#endif
