/*
 * url - the one place that says where the host of a URL is.
 *
 * Holds:      scheme, user, host, port and rest in the text's own order;
 *             nothing is decoded and nothing left out. Where a browser goes
 *             decides: in its schemes a backslash is a slash.
 * Trusts:     nothing; what is no URL is split all the same.
 * Leaves out: whether host and port are good (value_net.c).
 * Spec:       RFC 3986, section 3.2; WHATWG URL, section 4.4; docs/PROTOCOL.md
 */
#ifndef CORE_FORMATS_URL_H
#define CORE_FORMATS_URL_H

#include "core/base/slice.h"

#include <stdbool.h>

struct url {
    size_t scheme_size; /* with its "://"; 0 without one */
    struct slice host;  /* with the brackets of an address, without a port */
    bool has_port;
    struct slice port; /* behind the colon */
    struct slice rest; /* path, query and fragment with their signs */
};

struct url url_split(struct slice text);

#endif
