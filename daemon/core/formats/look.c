#include "core/formats/look.h"

#define TEN(kind) kind, kind, kind, kind, kind, kind, kind, kind, kind, kind
#define SIX(kind) kind, kind, kind, kind, kind, kind
#define TWENTY(kind) TEN(kind), TEN(kind)
#define HIGHS                                                                  \
    TWENTY(LOOK_HIGH), TWENTY(LOOK_HIGH), TWENTY(LOOK_HIGH), LOOK_HIGH,        \
        LOOK_HIGH, LOOK_HIGH, LOOK_HIGH

const uint32_t look_kinds[256] = {
    /* 0x00 to 0x1f */
    SIX(LOOK_CONTROL), LOOK_CONTROL, LOOK_CONTROL, LOOK_CONTROL, LOOK_SPACE,
    LOOK_SPACE, LOOK_SPACE, LOOK_SPACE, LOOK_SPACE, TEN(LOOK_CONTROL),
    SIX(LOOK_CONTROL), LOOK_CONTROL, LOOK_CONTROL,
    /* space ! " # $ % & ' ( ) * + , - . / */
    LOOK_SPACE, LOOK_SIGN, LOOK_QUOTE, LOOK_HASH, LOOK_SIGN, LOOK_SIGN,
    LOOK_SIGN, LOOK_QUOTE, LOOK_OPENING, LOOK_CLOSING, LOOK_STAR, LOOK_SIGN,
    LOOK_SIGN, LOOK_HYPHEN, LOOK_DOT, LOOK_SLASH,
    /* digits, then : ; < = > ? @ */
    TEN(LOOK_DIGIT), LOOK_COLON, LOOK_SIGN, LOOK_QUOTE, LOOK_SIGN, LOOK_QUOTE,
    LOOK_QUERY, LOOK_AT,
    /* capitals, then [ \ ] ^ _ ` */
    SIX(LOOK_HEX_UPPER), TWENTY(LOOK_UPPER), LOOK_OPENING, LOOK_BACKSLASH,
    LOOK_CLOSING, LOOK_SIGN, LOOK_UNDERSCORE, LOOK_SIGN,
    /* small letters, then { | } ~ and delete */
    SIX(LOOK_HEX_LOWER), TWENTY(LOOK_LOWER), LOOK_OPENING, LOOK_SIGN,
    LOOK_CLOSING, LOOK_SIGN, LOOK_CONTROL,
    /* 0x80 to 0xff */
    HIGHS, HIGHS};
