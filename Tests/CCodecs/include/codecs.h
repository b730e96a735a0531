// Real encoders and decoders behind plain structures: libvpx, libaom, and libavcodec with libx264 and libdav1d.
#ifndef CODECS_H
#define CODECS_H

#include <stddef.h>
#include <stdint.h>

#define CODECS_MAX_SPATIAL 3
#define CODECS_MAX_REFERENCES 3

typedef enum { CODECS_VP8, CODECS_VP9, CODECS_H264, CODECS_AV1 } codecs_kind;

typedef struct {
    codecs_kind kind;
    // Of the highest spatial layer; each lower one has half of it.
    int width, height;
    int frame_rate;
    // Kilobits per second, all layers together.
    int bitrate;
    int spatial_layers, temporal_layers;
} codecs_encoder_options;

// What one layer's frame refers to, and where it is kept: buffer slots, of which VP8 has three (last, golden,
// alternative) and VP9 and AV1 have eight.
typedef struct {
    int temporal_layer;
    // Of the same spatial layer.
    int reference_count;
    int references[CODECS_MAX_REFERENCES];
    // Of the next lower spatial layer; -1 for none.
    int lower_layer_reference;
    uint32_t refreshed_slots;
} codecs_frame_plan;

// An encoded frame of one spatial layer. The bytes last until the encoder's next frame.
typedef struct {
    const uint8_t *bytes;
    size_t count;
    int spatial_layer;
    int is_keyframe;
} codecs_frame;

typedef struct codecs_encoder codecs_encoder;

codecs_encoder *codecs_encoder_open(const codecs_encoder_options *options);
void codecs_encoder_close(codecs_encoder *encoder);
// Encodes a picture (I420, planes one after the other); one plan for each spatial layer. Returns how many frames came
// out, or a negative number.
int codecs_encoder_encode(
    codecs_encoder *encoder, const uint8_t *picture, int64_t number, const codecs_frame_plan *plans, int keyframe,
    codecs_frame *frames, int capacity);

// A decoded picture: I420, planes one after the other. The bytes last until the decoder's next frame.
typedef struct {
    const uint8_t *bytes;
    int width, height;
} codecs_picture;

typedef struct codecs_decoder codecs_decoder;

codecs_decoder *codecs_decoder_open(codecs_kind kind);
void codecs_decoder_close(codecs_decoder *decoder);
// Decodes a frame, or all layers' frames of one instant. Returns 1 with the highest layer's picture, 0 without any,
// a negative number when the decoder complains in whatever way it can.
int codecs_decoder_decode(codecs_decoder *decoder, const uint8_t *bytes, size_t count, codecs_picture *picture);

// The test picture: textures that move in two directions, I420. Width and height are multiples of four.
void codecs_draw(uint8_t *picture, int width, int height, int number);
// Half as wide and as high.
void codecs_halve(const uint8_t *picture, int width, int height, uint8_t *half);
// Luma's signal-to-noise ratio in decibels, at most 99.
double codecs_psnr(const uint8_t *one, const uint8_t *other, int width, int height);
// MD5 of any bytes.
void codecs_md5(const uint8_t *bytes, size_t count, uint8_t digest[16]);

#endif
