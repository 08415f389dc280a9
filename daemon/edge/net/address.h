/*
 * address - internet addresses as text and back; numbers alone, no names.
 *
 * Leaves out: resolving host names (edge/daemon/names.h).
 */
#ifndef EDGE_NET_ADDRESS_H
#define EDGE_NET_ADDRESS_H

#include "core/base/slice.h"

#include <sys/socket.h>

#define ADDRESS_HOST_MAX 254
#define ADDRESS_TEXT_MAX 64

struct address {
    struct sockaddr_storage at;
    socklen_t size;
};

/* What tells one network neighbour from another: an IPv4 address, or the
 * first 64 bits of an IPv6 address. */
struct address_key {
    uint8_t b[8];
};

/* Split "host:port" or "[host]:port" into a host with its NUL and a port from
 * 1 to 65535; false on anything else. */
MUST_USE bool address_split(struct slice text, char host[ADDRESS_HOST_MAX],
                            uint16_t *port);

/* Take a host written in numbers; false for a name. */
MUST_USE bool address_numeric(const char *host, uint16_t port,
                              struct address *out);

/* Write "192.0.2.1:4590" or "[2001:db8::1]:4590", with its NUL. */
void address_text(const struct address *a, char out[ADDRESS_TEXT_MAX]);

void address_key_of(const struct address *a, struct address_key *out);

#endif
