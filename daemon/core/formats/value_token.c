#include "core/formats/ascii.h"
#include "core/formats/look.h"
#include "core/formats/value_parts.h"

#define AS_NUMBER_MAX 4294967295u

/* Copy the bytes that `keep` does not drop, each through `change`. */
static bool
copy_changed(struct slice text, uint8_t (*change)(uint8_t), const char *drop,
             struct arena *arena, struct slice *out)
{
    uint8_t *to = arena_alloc(arena, text.size ? text.size : 1);
    size_t n = 0;

    if (!to)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!text.data[i] || !strchr(drop, text.data[i]))
            to[n++] = change(text.data[i]);
    *out = slice_of(to, n);
    return true;
}

/* Copy a text in small letters. */
static bool
copy_lower(struct slice text, unsigned look, struct arena *arena,
           struct slice *out)
{
    return look & LOOK_CAPITAL ? copy_changed(text, ascii_lower, "", arena, out)
                               : arena_copy(arena, text, out);
}

static bool
is_hex(struct slice text)
{
    return text.size > 0 && (look_at(text) & ~LOOK_HEX) == 0;
}

static bool
hex_of_size(struct slice text, size_t bytes, struct arena *arena,
            struct slice *out)
{
    if (text.size != 2 * bytes)
        return false;
    unsigned look = look_at(text);
    return (look & ~LOOK_HEX) == 0 && copy_lower(text, look, arena, out);
}

bool
value_md5(struct slice text, struct arena *arena, struct slice *out)
{
    return hex_of_size(text, 16, arena, out);
}

bool
value_sha1(struct slice text, struct arena *arena, struct slice *out)
{
    return hex_of_size(text, 20, arena, out);
}

bool
value_sha256(struct slice text, struct arena *arena, struct slice *out)
{
    return hex_of_size(text, 32, arena, out);
}

bool
value_sha512(struct slice text, struct arena *arena, struct slice *out)
{
    return hex_of_size(text, 64, arena, out);
}

/* Browsers show fingerprints with colons. */
bool
value_certificate_hash(struct slice text, struct arena *arena,
                       struct slice *out)
{
    struct slice hex;

    if (!copy_changed(text, ascii_lower, ":", arena, &hex) || !is_hex(hex) ||
        (hex.size != 32 && hex.size != 40 && hex.size != 64 && hex.size != 128))
        return false;
    *out = hex;
    return true;
}

static bool
is_base64_run(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!ascii_is_alnum(text.data[i]) && text.data[i] != '+' &&
            text.data[i] != '/')
            return false;
    return text.size <= 148;
}

/* Block size, digest, digest of double blocks: "3072:abc:def". */
bool
value_ssdeep(struct slice text, struct arena *arena, struct slice *out)
{
    size_t first = slice_find(text, ':');
    uint64_t block;

    if (first == text.size ||
        !ascii_number(slice_first(text, first), UINT32_MAX, &block))
        return false;
    struct slice rest = slice_from(text, first + 1);
    size_t second = slice_find(rest, ':');
    if (second == rest.size || !is_base64_run(slice_first(rest, second)) ||
        !is_base64_run(slice_from(rest, second + 1)))
        return false;
    return arena_copy(arena, text, out);
}

bool
value_tlsh_guess(struct slice text, struct arena *arena, struct slice *out)
{
    return text.size == 72 && ascii_starts(text, "t1") &&
           is_hex(slice_from(text, 2)) &&
           copy_changed(text, ascii_upper, "", arena, out);
}

/* Older tools leave the version "T1" out. */
bool
value_tlsh(struct slice text, struct arena *arena, struct slice *out)
{
    uint8_t with[72] = "T1";

    if (text.size != 70)
        return value_tlsh_guess(text, arena, out);
    memcpy(with + 2, text.data, 70);
    return value_tlsh_guess(SLICE_ARRAY(with), arena, out);
}

/* "t13d1516h2_8daaf6152771_b186095e22b6": protocol, version, SNI, counts,
 * ALPN, and two hashes of twelve digits. */
bool
value_ja4(struct slice text, struct arena *arena, struct slice *out)
{
    static const char form[] = "pddsddddaa_xxxxxxxxxxxx_xxxxxxxxxxxx";

    if (text.size != strlen(form))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = ascii_lower(text.data[i]);
        bool good = false;
        switch (form[i]) {
        case 'p':
            good = c == 't' || c == 'q' || c == 'd';
            break;
        case 's':
            good = c == 'd' || c == 'i';
            break;
        case 'd':
            good = ascii_is_digit(c) || (i < 3 && c == 's');
            break;
        case 'a':
            good = ascii_is_alnum(c);
            break;
        case 'x':
            good = ascii_hex(c) >= 0;
            break;
        case '_':
            good = c == '_';
            break;
        }
        if (!good)
            return false;
    }
    return copy_changed(text, ascii_lower, "", arena, out);
}

static bool
as_number(struct slice digits, struct arena *arena, struct slice *out)
{
    uint8_t with[12] = "AS";
    uint64_t number;

    if (!ascii_number(digits, AS_NUMBER_MAX, &number))
        return false;
    memcpy(with + 2, digits.data, digits.size);
    return arena_copy(arena, slice_of(with, 2 + digits.size), out);
}

/* "AS174", "ASN174", "AS 174". */
bool
value_as_guess(struct slice text, struct arena *arena, struct slice *out)
{
    if (!ascii_starts(text, "as"))
        return false;
    text = slice_from(text, 2);
    if (ascii_starts(text, "n"))
        text = slice_from(text, 1);
    if (text.size && text.data[0] == ' ')
        text = slice_from(text, 1);
    return as_number(text, arena, out);
}

bool
value_as(struct slice text, struct arena *arena, struct slice *out)
{
    return value_as_guess(text, arena, out) || as_number(text, arena, out);
}

/* Pairs with colons or hyphens, or three groups of four with dots. */
bool
value_mac(struct slice text, struct arena *arena, struct slice *out)
{
    uint8_t separator = text.size == 17   ? text.data[2]
                        : text.size == 14 ? (uint8_t)'.'
                                          : 0;
    size_t group = separator == '.' ? 4 : 2, n = 0;
    uint8_t normal[17];

    if (!separator || !strchr(":-.", separator) ||
        (separator == '.' && text.size == 17))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (i % (group + 1) == group) {
            if (text.data[i] != separator)
                return false;
            continue;
        }
        if (ascii_hex(text.data[i]) < 0)
            return false;
        if (n % 3 == 2)
            normal[n++] = ':';
        normal[n++] = ascii_lower(text.data[i]);
    }
    return arena_copy(arena, slice_of(normal, n), out);
}

/* CVE, a year, four digits or more. */
bool
value_cve(struct slice text, struct arena *arena, struct slice *out)
{
    if (text.size < 13 || text.size > 28 || !ascii_starts(text, "cve-") ||
        text.data[8] != '-')
        return false;
    for (size_t i = 4; i < text.size; i++)
        if (i != 8 && !ascii_is_digit(text.data[i]))
            return false;
    return copy_changed(text, ascii_upper, "", arena, out);
}

/* Other registers than CVE: at least three words with hyphens, and a digit,
 * such as "KVE-2026-0001". */
bool
value_vulnerability(struct slice text, struct arena *arena, struct slice *out)
{
    size_t hyphens = 0, digits = 0;

    if (ascii_starts(text, "cve-"))
        return value_cve(text, arena, out);
    if (text.size > 64 || text.size < 5 || !ascii_is_letter(text.data[0]) ||
        text.data[text.size - 1] == '-')
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (!ascii_is_alnum(c) && (c != '-' || text.data[i - 1] == '-'))
            return false;
        hyphens += c == '-';
        digits += ascii_is_digit(c);
    }
    return hyphens >= 2 && digits &&
           copy_changed(text, ascii_upper, "", arena, out);
}

/* Kept as it stands: the case of letters is part of most addresses. */
bool
value_wallet(struct slice text, struct arena *arena, struct slice *out)
{
    if (text.size < 14 || text.size > 128)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!ascii_is_alnum(text.data[i]) && text.data[i] != ':')
            return false;
    return arena_copy(arena, text, out);
}

/* Text as it stands, without controls. */
bool
value_text(struct slice text, struct arena *arena, struct slice *out)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < ' ' || text.data[i] == 0x7f)
            return false;
    return text.size && arena_copy(arena, text, out);
}

size_t
value_hive_size(struct slice text)
{
    static const char *const hives[] = {
        "hkey_local_machine\\",
        "hkey_current_user\\",
        "hkey_users\\",
        "hkey_classes_root\\",
        "hkey_current_config\\",
        "hklm\\",
        "hkcu\\",
        "hkcr\\",
        "hku\\",
    };

    for (size_t i = 0; i < ARRAY_SIZE(hives); i++)
        if (ascii_starts(text, hives[i]))
            return strlen(hives[i]);
    return 0;
}

bool
value_registry_guess(struct slice text, struct arena *arena, struct slice *out)
{
    return value_hive_size(text) && value_text(text, arena, out);
}
