// What the encoders and decoders of this folder share. Each kind has its own table of functions.
#ifndef CODECS_INTERNAL_H
#define CODECS_INTERNAL_H

#include "codecs.h"

struct codecs_encoder {
    codecs_encoder_options options;
    // The frames of the last picture, one after the other.
    uint8_t *bytes;
    size_t count, capacity;
    codecs_frame frames[CODECS_MAX_SPATIAL];
    // Offsets while `bytes` may still move.
    size_t offsets[CODECS_MAX_SPATIAL];
    int frame_count;
    int (*encode)(
        codecs_encoder *encoder, const uint8_t *picture, int64_t number, const codecs_frame_plan *plans, int keyframe);
    void (*close)(codecs_encoder *encoder);
};

// Keeps an encoded frame; returns 0, or a negative number when there is no room.
int codecs_encoder_keep(codecs_encoder *encoder, const void *bytes, size_t count, int spatial_layer, int is_keyframe);

codecs_encoder *codecs_vpx_encoder_open(const codecs_encoder_options *options);
codecs_encoder *codecs_aom_encoder_open(const codecs_encoder_options *options);
codecs_encoder *codecs_x264_encoder_open(const codecs_encoder_options *options);

struct codecs_decoder {
    uint8_t *bytes;
    size_t capacity;
    int (*decode)(codecs_decoder *decoder, const uint8_t *bytes, size_t count, codecs_picture *picture);
    void (*close)(codecs_decoder *decoder);
};

// Copies three planes; returns 0, or a negative number.
int codecs_decoder_keep(
    codecs_decoder *decoder, uint8_t *const planes[3], const int strides[3], int width, int height,
    codecs_picture *picture);

codecs_decoder *codecs_vpx_decoder_open(codecs_kind kind);
codecs_decoder *codecs_av_decoder_open(codecs_kind kind);

#endif
