#include "core/formats/text_names.h"

#include "core/formats/ascii.h"

/* Of countries and territories, and eu. */
static const char *const countries[] = {
    "ac", "ad", "ae", "af", "ag", "ai", "al", "am", "ao", "aq", "ar", "as",
    "at", "au", "aw", "ax", "az", "ba", "bb", "bd", "be", "bf", "bg", "bh",
    "bi", "bj", "bm", "bn", "bo", "br", "bs", "bt", "bv", "bw", "by", "bz",
    "ca", "cc", "cd", "cf", "cg", "ch", "ci", "ck", "cl", "cm", "cn", "co",
    "cr", "cu", "cv", "cw", "cx", "cy", "cz", "de", "dj", "dk", "dm", "do",
    "dz", "ec", "ee", "eg", "er", "es", "et", "eu", "fi", "fj", "fk", "fm",
    "fo", "fr", "ga", "gb", "gd", "ge", "gf", "gg", "gh", "gi", "gl", "gm",
    "gn", "gp", "gq", "gr", "gs", "gt", "gu", "gw", "gy", "hk", "hm", "hn",
    "hr", "ht", "hu", "id", "ie", "il", "im", "in", "io", "iq", "ir", "is",
    "it", "je", "jm", "jo", "jp", "ke", "kg", "kh", "ki", "km", "kn", "kp",
    "kr", "kw", "ky", "kz", "la", "lb", "lc", "li", "lk", "lr", "ls", "lt",
    "lu", "lv", "ly", "ma", "mc", "md", "me", "mg", "mh", "mk", "ml", "mm",
    "mn", "mo", "mp", "mq", "mr", "ms", "mt", "mu", "mv", "mw", "mx", "my",
    "mz", "na", "nc", "ne", "nf", "ng", "ni", "nl", "no", "np", "nr", "nu",
    "nz", "om", "pa", "pe", "pf", "pg", "ph", "pk", "pl", "pm", "pn", "pr",
    "ps", "pt", "pw", "py", "qa", "re", "ro", "rs", "ru", "rw", "sa", "sb",
    "sc", "sd", "se", "sg", "sh", "si", "sj", "sk", "sl", "sm", "sn", "so",
    "sr", "ss", "st", "su", "sv", "sx", "sy", "sz", "tc", "td", "tf", "tg",
    "th", "tj", "tk", "tl", "tm", "tn", "to", "tr", "tt", "tv", "tw", "tz",
    "ua", "ug", "uk", "us", "uy", "uz", "va", "vc", "ve", "vg", "vi", "vn",
    "vu", "wf", "ws", "ye", "yt", "za", "zm", "zw",
};

/* Others that are in use, or were seen in use by malware, as onion and bit
 * are; example stands in every drill. */
static const char *const others[] = {
    "academy",       "accountant",  "accountants", "adult",
    "aero",          "africa",      "agency",      "amsterdam",
    "app",           "army",        "arpa",        "art",
    "asia",          "associates",  "attorney",    "auction",
    "auto",          "autos",       "baby",        "band",
    "bank",          "bar",         "barcelona",   "bargains",
    "bayern",        "bazar",       "beauty",      "beer",
    "berlin",        "best",        "bet",         "bid",
    "bike",          "bingo",       "bio",         "bit",
    "biz",           "black",       "blog",        "blue",
    "boats",         "bond",        "boston",      "boutique",
    "brussels",      "build",       "builders",    "business",
    "buzz",          "bzh",         "cab",         "cafe",
    "cam",           "camera",      "camp",        "capital",
    "car",           "cards",       "care",        "careers",
    "cars",          "casa",        "cash",        "casino",
    "cat",           "catering",    "center",      "ceo",
    "cfd",           "charity",     "chat",        "cheap",
    "christmas",     "church",      "city",        "claims",
    "cleaning",      "click",       "clinic",      "clothing",
    "cloud",         "club",        "coach",       "codes",
    "coffee",        "college",     "cologne",     "com",
    "community",     "company",     "computer",    "condos",
    "construction",  "consulting",  "contact",     "contractors",
    "cooking",       "cool",        "coop",        "country",
    "coupons",       "courses",     "credit",      "creditcard",
    "cricket",       "cruises",     "cyou",        "dance",
    "date",          "dating",      "deals",       "degree",
    "delivery",      "democrat",    "dental",      "dentist",
    "desi",          "design",      "dev",         "diamonds",
    "diet",          "digital",     "direct",      "directory",
    "discount",      "dog",         "domains",     "download",
    "earth",         "edu",         "education",   "email",
    "energy",        "engineer",    "engineering", "enterprises",
    "equipment",     "estate",      "eus",         "events",
    "example",       "exchange",    "expert",      "exposed",
    "express",       "fail",        "faith",       "family",
    "fan",           "fans",        "farm",        "fashion",
    "finance",       "financial",   "fish",        "fit",
    "fitness",       "flights",     "florist",     "flowers",
    "football",      "forex",       "forsale",     "forum",
    "foundation",    "fun",         "fund",        "furniture",
    "futbol",        "fyi",         "gal",         "gallery",
    "game",          "games",       "garden",      "gay",
    "gdn",           "gift",        "gifts",       "gives",
    "glass",         "global",      "gmbh",        "gold",
    "golf",          "gov",         "graphics",    "gratis",
    "green",         "gripe",       "group",       "guide",
    "guitars",       "guru",        "hair",        "hamburg",
    "haus",          "health",      "healthcare",  "help",
    "hiphop",        "hiv",         "hockey",      "holdings",
    "holiday",       "homes",       "horse",       "hospital",
    "host",          "hosting",     "hot",         "house",
    "how",           "i2p",         "icu",         "immo",
    "immobilien",    "inc",         "industries",  "info",
    "ink",           "institute",   "insure",      "int",
    "international", "investments", "ist",         "istanbul",
    "jetzt",         "jewelry",     "jobs",        "joburg",
    "kaufen",        "kids",        "kim",         "kitchen",
    "kiwi",          "koeln",       "kyoto",       "land",
    "lat",           "law",         "lawyer",      "lease",
    "legal",         "lgbt",        "life",        "lighting",
    "limited",       "limo",        "link",        "live",
    "llc",           "loan",        "loans",       "lol",
    "london",        "lotto",       "love",        "ltd",
    "luxe",          "luxury",      "madrid",      "maison",
    "makeup",        "management",  "market",      "marketing",
    "markets",       "mba",         "media",       "melbourne",
    "memorial",      "men",         "menu",        "miami",
    "mil",           "mobi",        "moda",        "moe",
    "mom",           "money",       "monster",     "mortgage",
    "moscow",        "motorcycles", "mov",         "movie",
    "museum",        "music",       "nagoya",      "name",
    "navy",          "net",         "network",     "news",
    "ngo",           "ninja",       "nyc",         "observer",
    "okinawa",       "one",         "onion",       "onl",
    "online",        "ooo",         "org",         "organic",
    "osaka",         "page",        "paris",       "partners",
    "parts",         "party",       "pet",         "phone",
    "photo",         "photography", "photos",      "physio",
    "pics",          "pictures",    "pink",        "pizza",
    "place",         "plumbing",    "plus",        "poker",
    "porn",          "post",        "press",       "pro",
    "productions",   "promo",       "properties",  "property",
    "protection",    "pub",         "qpon",        "quebec",
    "quest",         "racing",      "realestate",  "realty",
    "recipes",       "red",         "rehab",       "reise",
    "reisen",        "rent",        "rentals",     "repair",
    "report",        "republican",  "rest",        "restaurant",
    "review",        "reviews",     "rich",        "rio",
    "rip",           "rocks",       "rodeo",       "ruhr",
    "run",           "saarland",    "sale",        "salon",
    "sbs",           "school",      "schule",      "science",
    "scot",          "security",    "services",    "sex",
    "sexy",          "shiksha",     "shoes",       "shop",
    "shopping",      "show",        "singles",     "site",
    "ski",           "skin",        "soccer",      "social",
    "software",      "solar",       "solutions",   "soy",
    "spa",           "space",       "sport",       "storage",
    "store",         "stream",      "studio",      "study",
    "style",         "sucks",       "supplies",    "supply",
    "support",       "surf",        "surgery",     "swiss",
    "sydney",        "systems",     "taipei",      "tattoo",
    "tax",           "taxi",        "team",        "tech",
    "technology",    "tel",         "tennis",      "theater",
    "theatre",       "tickets",     "tienda",      "tips",
    "tires",         "tirol",       "today",       "tokyo",
    "tools",         "top",         "tours",       "town",
    "toys",          "trade",       "trading",     "training",
    "travel",        "tube",        "university",  "uno",
    "vacations",     "vegas",       "ventures",    "versicherung",
    "vet",           "viajes",      "video",       "villas",
    "vin",           "vip",         "vision",      "vlaanderen",
    "vodka",         "vote",        "voting",      "voyage",
    "wales",         "wang",        "watch",       "watches",
    "webcam",        "website",     "wedding",     "wien",
    "wiki",          "win",         "wine",        "work",
    "works",         "world",       "wtf",         "xxx",
    "xyz",           "yachts",      "yoga",        "yokohama",
    "you",           "zip",         "zone",
};

/* Of other scripts. */
static const char *const scripts[] = {
    "бг",   "бел",    "мкд",  "мон",    "рус",  "рф",   "срб",  "укр",
    "қаз",  "भारत",   "ไทย",  "みんな", "中国", "中國", "公司", "台湾",
    "台灣", "新加坡", "網路", "网络",   "香港", "한국",
};

static const char *const file_tops[] = {
    "app", "cab", "do", "md",  "mm", "mov", "pm", "ps",
    "pub", "py",  "rs", "run", "sh", "so",  "tf", "zip",
};

static const char *const inner_tops[] = {
    "corp",  "home",        "internal",  "intranet", "invalid", "lan",
    "local", "localdomain", "localhost", "private",  "test",
};

static const char *const backwards[] = {
    "android", "com", "java", "javax", "net", "org",
};

static const char *const version_words[] = {
    "appendix", "build",      "builds",    "chapter",  "clause",
    "figure",   "firmware",   "paragraph", "release",  "releases",
    "rev",      "revision",   "section",   "sections", "step",
    "table",    "v",          "ver",       "version",  "versions",
    "§",        "バージョン", "版本",      "버전",     "버젼",
};

static const char *const fillers[] = {
    "above", "and",   "before", "below", "is",      "no", "number", "of",
    "or",    "prior", "since",  "than",  "through", "to", "until",
};

/* Compare in lower case. */
static int
compare(struct slice label, const char *name)
{
    for (size_t i = 0; i < label.size; i++) {
        int difference = ascii_lower(label.data[i]) - (uint8_t)name[i];
        if (difference)
            return difference;
    }
    return name[label.size] ? -1 : 0;
}

static bool
stands_in(const char *const *names, size_t count, struct slice label)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;
        int order = compare(label, names[middle]);
        if (order == 0)
            return true;
        if (order < 0)
            count = middle;
        else
            low = middle + 1;
    }
    return false;
}

#define STANDS_IN(names, label) stands_in(names, ARRAY_SIZE(names), label)

bool
text_is_top(struct slice label)
{
    return STANDS_IN(countries, label) || STANDS_IN(others, label) ||
           STANDS_IN(scripts, label);
}

/* ---- hosts -------------------------------------------------------------- */

static bool
has_case(struct slice text, bool upper)
{
    for (size_t i = 0; i < text.size; i++)
        if (ascii_is_letter(text.data[i]) && (text.data[i] < 'a') == upper)
            return true;
    return false;
}

/* Names of products that are written like hosts, and a program of DOS. */
static bool
is_product(struct slice name)
{
    static const char *const names[] = {"ado.net", "asp.net", "command.com",
                                        "vb.net"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (ascii_is_word(name, names[i]))
            return true;
    return false;
}

/* "Trojan.Win32.Agent.fo" */
static bool
is_detection(struct slice name)
{
    static const char *const systems[] = {
        "androidos", "linux", "msil", "script", "w32", "w64", "win32", "win64"};
    struct slice rest = slice_from(name, slice_find(name, '.'));

    if (name.size == 0 || name.data[0] < 'A' || name.data[0] > 'Z' ||
        rest.size == 0)
        return false;
    rest = slice_from(rest, 1);
    struct slice second = slice_first(rest, slice_find(rest, '.'));
    for (size_t i = 0; i < ARRAY_SIZE(systems); i++)
        if (second.size < rest.size && ascii_is_word(second, systems[i]))
            return true;
    return false;
}

/* Tell whether a name with a top-level domain that files end in as well is a
 * file's: "setup.sh", "libc-2.31.so". */
static bool
is_file_name(struct slice name, struct slice last)
{
    struct slice before = slice_first(name, name.size - last.size - 1);
    size_t dot = slice_find_last(before, '.');

    return STANDS_IN(file_tops, last) &&
           (dot == before.size || ascii_is_digits(slice_from(before, dot + 1)));
}

bool
text_is_host(struct slice name, bool in_mail)
{
    size_t dot = slice_find_last(name, '.');

    if (dot == name.size)
        return false;
    struct slice last = slice_from(name, dot + 1);
    struct slice first = slice_first(name, slice_find(name, '.'));
    return text_is_top(last) && (in_mail || !is_file_name(name, last)) &&
           !(has_case(last, true) && has_case(name, false)) &&
           !(first.size < dot && STANDS_IN(backwards, first)) &&
           !is_product(name) && !is_detection(name);
}

bool
text_is_inner_top(struct slice label)
{
    return STANDS_IN(inner_tops, label);
}

bool
text_is_version_word(struct slice word)
{
    return STANDS_IN(version_words, word);
}

bool
text_is_version_filler(struct slice word)
{
    return STANDS_IN(fillers, word);
}
