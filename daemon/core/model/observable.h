/*
 * observable - the kinds of values that indicators are about.
 *
 * Holds:      numbers stand in proto/message.proto and never change.
 * Leaves out: recognising and checking values (core/formats/value.h).
 */
#ifndef CORE_MODEL_OBSERVABLE_H
#define CORE_MODEL_OBSERVABLE_H

#include "core/base/slice.h"

enum observable {
    OBSERVABLE_NONE = 0,
    OBSERVABLE_IPV4 = 1,
    OBSERVABLE_IPV6 = 2,
    OBSERVABLE_CIDR = 3,
    OBSERVABLE_IP_PORT = 4,
    OBSERVABLE_HOST_PORT = 5,
    OBSERVABLE_DOMAIN = 6,
    OBSERVABLE_DOMAIN_TREE = 7, /* the domain and all below it */
    OBSERVABLE_URL = 8,
    OBSERVABLE_EMAIL_ADDRESS = 9,
    OBSERVABLE_EMAIL_SUBJECT = 10,
    OBSERVABLE_MD5 = 11,
    OBSERVABLE_SHA1 = 12,
    OBSERVABLE_SHA256 = 13,
    OBSERVABLE_SHA512 = 14,
    OBSERVABLE_IMPHASH = 15,
    OBSERVABLE_SSDEEP = 16,
    OBSERVABLE_TLSH = 17,
    OBSERVABLE_FILE_NAME = 18,
    OBSERVABLE_MUTEX = 19,
    OBSERVABLE_REGISTRY_KEY = 20,
    OBSERVABLE_AS_NUMBER = 21,
    OBSERVABLE_MAC = 22,
    OBSERVABLE_CERTIFICATE_HASH = 23,
    OBSERVABLE_JA3 = 24,
    OBSERVABLE_JA4 = 25,
    OBSERVABLE_USER_AGENT = 26,
    OBSERVABLE_VULNERABILITY = 27,
    OBSERVABLE_WALLET = 28,
    OBSERVABLE_COUNT
};

/* Give the name that people type and read ("ip-port"); "" for none, and
 * "unknown" for one of a newer schema. */
const char *observable_name(unsigned observable);

/* Find an observable by its name. */
MUST_USE bool observable_parse(struct slice name, enum observable *out);

#endif
