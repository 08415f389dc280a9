/*
 * message - what one team tells another, as a value.
 *
 * Holds:      slices into bytes that somebody else owns.
 * Trusts:     nothing: kinds and observables may be newer than we are.
 * Leaves out: the bytes (core/wire/message.h), deriving a head from an
 *             object (core/formats).
 * Spec:       docs/PROTOCOL.md#messages
 */
#ifndef CORE_MODEL_MESSAGE_H
#define CORE_MODEL_MESSAGE_H

#include "core/base/instant.h"
#include "core/model/ids.h"
#include "core/model/marking.h"
#include "core/model/observable.h"

enum message_kind {
    MESSAGE_NONE = 0,
    MESSAGE_INDICATOR = 1,
    MESSAGE_OBJECT = 2,
    MESSAGE_PACKAGE = 3,
    MESSAGE_WITHDRAWAL = 4,
    MESSAGE_EXPUNGE_NOTE = 5,
    MESSAGE_SIGHTING = 6,
    MESSAGE_FEEDBACK = 7,
    MESSAGE_REQUEST = 8,
    MESSAGE_ANSWER = 9,
    MESSAGE_REPORT = 10,
    MESSAGE_DECLINE = 11,
    MESSAGE_NOTE = 12,
    MESSAGE_KIND_COUNT
};

/* Give the name that people read; "unknown" for one of a newer schema. */
const char *message_kind_name(unsigned kind);

/* Where in a document the object stood, so that it can be put together. */
struct package {
    struct slice id;     /* the bundle's or event's own id */
    struct slice source; /* "stix", "misp", "list" */
    uint64_t position;   /* of this object, from 0 */
    uint64_t count;      /* of objects in it, 0 while not known */
    uint64_t holder;     /* 1 + position of the object that it stood in; 0:
                          * it stood in the document itself */
};

/* The submission as people know it. */
struct submission {
    uint64_t number; /* S-4821; 0 for a node's own entries */
    struct slice case_reference;
    struct slice title;
    struct slice note;
};

/* The version of the rules that derive a head from content. */
#define HEAD_RULES 2

/* A value with its type. */
struct observed {
    unsigned observable; /* enum observable, or a newer number */
    struct slice value;
};

/* What a receiver may do by a value, each with those before it. */
enum use {
    USE_UNSTATED = 0,
    USE_NONE = 1, /* keep it: what is known as good */
    USE_NOTIFY =
        2, /* tell whose it is: a victim; who talks to it: a sinkhole */
    USE_DETECT = 3,
    USE_BLOCK = 4,
};

/* Give the name that people type and read; "" where nothing is stated, and
 * "none" for one of a newer schema. */
const char *use_name(unsigned use);

/* The typed fields that policy, routing and search use. */
struct head {
    uint32_t rules;
    struct slice object_id;
    struct slice object_type;
    unsigned observable; /* enum observable, or a newer number */
    struct slice value;
    struct slice pattern;
    struct slice pattern_language;
    struct slice role; /* role.h: c2, victim, ...; empty: not said */
    bool has_valid_from, has_valid_until, has_confidence;
    struct wall valid_from, valid_until;
    uint32_t confidence; /* 0 to 100 */
    const struct slice *labels;
    size_t label_count;
    struct slice producer;
    struct marking marking;
    bool revoked;
    struct slice created, modified; /* texts as they stood */
    const struct observed *values;  /* beside `value`: any of them is meant */
    size_t value_count;
    const struct observed *mentioned; /* in the object: for search alone */
    size_t mentioned_count;
    unsigned use; /* enum use; a newer number counts as USE_NONE */
};

/* A part of a lane, cited from another lane. */
struct citation {
    struct lane_id lane;
    uint64_t first, count;
    struct hash leaf; /* of entry `first` */
};

/* Why an entry of the other lane is not taken. */
struct decline {
    struct citation entry;
    uint32_t code; /* wire code of an enum err */
    struct slice text;
};

/* An entry that its origin no longer holds to be right. */
struct withdrawal {
    bool has_entry;
    struct citation entry; /* of the same origin, to the same holder */
    struct slice object_id;
    struct slice reason; /* false-positive, outdated, mistake */
};

/* An entry of an earlier epoch that is to be erased. */
struct expunge_note {
    struct citation entry;
    struct slice reason;
};

struct message {
    unsigned kind; /* enum message_kind, or a newer number */
    bool has_package, has_submission, has_head, has_decline, has_expunge;
    bool has_withdrawal;
    struct package package;
    struct submission submission;
    struct head head;
    struct slice content;
    struct slice content_type; /* "stix-2.1", "stix-2.0"; empty without
                                * content */
    struct decline decline;
    struct expunge_note expunge;
    struct withdrawal withdrawal;
};

#endif
