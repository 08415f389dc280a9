#include "edge/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static bool
port_read(struct slice text, uint16_t *port)
{
    uint32_t value = 0;

    if (text.size == 0 || text.size > 5)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(text.data[i] - '0');
    }
    if (value == 0 || value > UINT16_MAX)
        return false;
    *port = (uint16_t)value;
    return true;
}

bool
address_split(struct slice text, char host[ADDRESS_HOST_MAX], uint16_t *port)
{
    size_t colon = text.size;
    struct slice name;

    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    name = slice_of(text.data, colon - 1);
    if (name.size >= 2 && name.data[0] == '[' &&
        name.data[name.size - 1] == ']')
        name = slice_of(name.data + 1, name.size - 2);
    else if (name.size && memchr(name.data, ':', name.size))
        return false;
    if (name.size == 0 || name.size >= ADDRESS_HOST_MAX ||
        memchr(name.data, 0, name.size))
        return false;
    if (!port_read(slice_of(text.data + colon, text.size - colon), port))
        return false;
    memcpy(host, name.data, name.size);
    host[name.size] = 0;
    return true;
}

bool
address_numeric(const char *host, uint16_t port, struct address *out)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_port = htons(port)};

    *out = (struct address){0};
    if (inet_pton(AF_INET, host, &four.sin_addr) == 1) {
        memcpy(&out->at, &four, sizeof four);
        out->size = sizeof four;
        return true;
    }
    if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1) {
        memcpy(&out->at, &six, sizeof six);
        out->size = sizeof six;
        return true;
    }
    return false;
}

void
address_text(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (a->at.ss_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, &a->at, sizeof six);
        inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof host);
        (void)snprintf(out, ADDRESS_TEXT_MAX, "[%s]:%u", host,
                       ntohs(six.sin6_port));
    } else {
        struct sockaddr_in four;
        memcpy(&four, &a->at, sizeof four);
        inet_ntop(AF_INET, &four.sin_addr, host, sizeof host);
        (void)snprintf(out, ADDRESS_TEXT_MAX, "%s:%u", host,
                       ntohs(four.sin_port));
    }
}

void
address_key_of(const struct address *a, struct address_key *out)
{
    *out = (struct address_key){{0}};
    if (a->at.ss_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, &a->at, sizeof six);
        memcpy(out->b, six.sin6_addr.s6_addr, sizeof out->b);
    } else {
        struct sockaddr_in four;
        memcpy(&four, &a->at, sizeof four);
        memcpy(out->b + 4, &four.sin_addr, 4);
        out->b[0] = 4;
    }
}
