/*
 * value_parts - the checks of value.c, one for each kind of value.
 *
 * Holds:      each gives true and the normal form in the arena, or false and
 *             nothing; a spent arena is false too, and says so itself.
 * Trusts:     that the text is UTF-8, trimmed and no longer than
 *             VALUE_BYTES_MAX.
 */
#ifndef CORE_FORMATS_VALUE_PARTS_H
#define CORE_FORMATS_VALUE_PARTS_H

#include "core/base/arena.h"
#include "core/base/slice.h"

/* Tell of a text with these kinds of bytes (look.h) whether nothing in it can
 * be defanged. */
bool value_is_plain(struct slice text, unsigned look);

/* Undo defanging; without any, `out` is the text itself. */
MUST_USE bool value_refang(struct slice text, struct arena *arena,
                           struct slice *out);

/* Give the size of the defanged mark ("[.]") that `text` begins with and what
 * it stands for; 0 without one. */
size_t value_mark_size(struct slice text, const char **stands_for);

#define IPV4_BYTES 4
#define IPV6_BYTES 16
#define IPV6_TEXT_MAX 46

/* Read four decimal numbers with no leading zeros. */
MUST_USE bool ipv4_parse(struct slice text, uint8_t out[IPV4_BYTES]);

/* Read any text form of RFC 4291, without a zone. */
MUST_USE bool ipv6_parse(struct slice text, uint8_t out[IPV6_BYTES]);

/* Write as RFC 5952 says; give the length. */
size_t ipv6_print(const uint8_t address[IPV6_BYTES], char out[IPV6_TEXT_MAX]);

/* Write a name with letters beyond ASCII as it stands in the DNS ("xn--..."),
 * by UTS 46 and IDNA 2008. What these do not allow stays as it is. False if the
 * arena is spent. */
MUST_USE bool host_ascii(struct slice text, struct arena *arena,
                         struct slice *out);

/* Check a host name of at least `labels_min` labels. A last label of digits
 * alone is an address gone wrong and refused, unless one label is enough. */
MUST_USE bool host_normal(struct slice text, size_t labels_min,
                          struct arena *arena, struct slice *out);

/* Give the length of "scheme://" at the beginning, 0 without one. */
size_t value_scheme_size(struct slice text);

/* Give the length of "HKLM\\" and its like at the beginning, 0 without one. */
size_t value_hive_size(struct slice text);

typedef bool value_part(struct slice text, struct arena *arena,
                        struct slice *out);

value_part value_ipv4, value_ipv6, value_cidr, value_ip_port;
value_part value_host_port, value_domain, value_domain_tree;
value_part value_url, value_url_guess, value_email;
value_part value_md5, value_sha1, value_sha256, value_sha512;
value_part value_certificate_hash, value_ssdeep, value_tlsh, value_ja4;
value_part value_as, value_as_guess, value_mac, value_cve;
value_part value_vulnerability, value_wallet, value_text;
value_part value_registry_guess, value_domain_guess, value_tree_guess;
value_part value_tlsh_guess;

#endif
