// AV1 by libaom: encoding only, libdav1d decodes.
#include "internal.h"

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <stdlib.h>

typedef struct {
    codecs_encoder base;
    aom_codec_ctx_t context;
} aom_encoder;

static int configure_layer(aom_encoder *encoder, const codecs_frame_plan *plan, int spatial) {
    // Last, golden and alternative of the seven references that a frame has.
    static const int kinds[3] = {0, 3, 6};
    aom_svc_layer_id_t layer = {.spatial_layer_id = spatial, .temporal_layer_id = plan->temporal_layer};
    aom_svc_ref_frame_config_t config = {0};
    int slots[CODECS_MAX_REFERENCES + 1], count = 0;
    for (int index = 0; index < plan->reference_count; index++) slots[count++] = plan->references[index];
    if (plan->lower_layer_reference >= 0) slots[count++] = plan->lower_layer_reference;
    if (count > 3) return -1;
    // Every index has to name a picture of a size that can be scaled, also one that is not used.
    for (int index = 0; index < 7; index++) config.ref_idx[index] = count ? slots[0] : 0;
    for (int index = 0; index < count; index++) {
        config.ref_idx[kinds[index]] = slots[index];
        config.reference[kinds[index]] = 1;
    }
    for (int slot = 0; slot < 8; slot++) {
        config.refresh[slot] = plan->refreshed_slots >> slot & 1;
        // libaom refreshes only slots that the frame names: the second last reference does, without being used.
        if (config.refresh[slot] && count) config.ref_idx[1] = slot;
    }
    return aom_codec_control(&encoder->context, AV1E_SET_SVC_LAYER_ID, &layer) ||
           aom_codec_control(&encoder->context, AV1E_SET_SVC_REF_FRAME_CONFIG, &config);
}

static int encode(
    codecs_encoder *base, const uint8_t *picture, int64_t number, const codecs_frame_plan *plans, int keyframe) {
    aom_encoder *encoder = (aom_encoder *)base;
    const codecs_encoder_options *options = &base->options;
    aom_image_t image;
    if (!aom_img_wrap(
            &image, AOM_IMG_FMT_I420, (unsigned)options->width, (unsigned)options->height, 1, (uint8_t *)picture)) {
        return -3;
    }
    for (int spatial = 0; spatial < options->spatial_layers; spatial++) {
        if (configure_layer(encoder, &plans[spatial], spatial)) return -2;
        aom_enc_frame_flags_t flags = keyframe && spatial == 0 ? AOM_EFLAG_FORCE_KF : 0;
        if (aom_codec_encode(&encoder->context, &image, number, 1, flags)) return -4;
        aom_codec_iter_t iterator = NULL;
        const aom_codec_cx_pkt_t *packet;
        while ((packet = aom_codec_get_cx_data(&encoder->context, &iterator))) {
            if (packet->kind != AOM_CODEC_CX_FRAME_PKT) continue;
            int is_keyframe = (packet->data.frame.flags & AOM_FRAME_IS_KEY) != 0;
            if (codecs_encoder_keep(base, packet->data.frame.buf, packet->data.frame.sz, spatial, is_keyframe)) {
                return -5;
            }
        }
    }
    return 0;
}

static void close_encoder(codecs_encoder *base) {
    aom_codec_destroy(&((aom_encoder *)base)->context);
    free(base);
}

codecs_encoder *codecs_aom_encoder_open(const codecs_encoder_options *options) {
    aom_codec_enc_cfg_t config;
    if (aom_codec_enc_config_default(aom_codec_av1_cx(), &config, AOM_USAGE_REALTIME)) return NULL;
    config.g_w = (unsigned)options->width;
    config.g_h = (unsigned)options->height;
    config.g_timebase = (aom_rational_t){1, options->frame_rate};
    config.g_threads = 1;
    config.g_lag_in_frames = 0;
    config.g_error_resilient = 0;
    config.rc_end_usage = AOM_CBR;
    config.rc_target_bitrate = (unsigned)options->bitrate;
    config.rc_min_quantizer = 2;
    config.rc_max_quantizer = 56;
    config.rc_dropframe_thresh = 0;
    config.rc_buf_initial_sz = 500;
    config.rc_buf_optimal_sz = 600;
    config.rc_buf_sz = 1000;
    config.kf_mode = AOM_KF_DISABLED;

    aom_svc_params_t layers = {
        .number_spatial_layers = options->spatial_layers, .number_temporal_layers = options->temporal_layers};
    static const int shares[3][3] = {{100, 0, 0}, {60, 100, 0}, {45, 65, 100}};
    int weight = 0;
    for (int spatial = 0; spatial < options->spatial_layers; spatial++) weight += 1 << (2 * spatial);
    for (int spatial = 0; spatial < options->spatial_layers; spatial++) {
        layers.scaling_factor_num[spatial] = 1;
        layers.scaling_factor_den[spatial] = 1 << (options->spatial_layers - 1 - spatial);
        for (int temporal = 0; temporal < options->temporal_layers; temporal++) {
            int layer = spatial * options->temporal_layers + temporal;
            layers.min_quantizers[layer] = 2;
            layers.max_quantizers[layer] = 56;
            layers.layer_target_bitrate[layer] = options->bitrate * (1 << (2 * spatial)) / weight *
                                                 shares[options->temporal_layers - 1][temporal] / 100;
        }
    }
    for (int temporal = 0; temporal < options->temporal_layers; temporal++) {
        layers.framerate_factor[temporal] = 1 << (options->temporal_layers - 1 - temporal);
    }

    aom_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder) return NULL;
    encoder->base.encode = encode;
    encoder->base.close = close_encoder;
    if (aom_codec_enc_init(&encoder->context, aom_codec_av1_cx(), &config, 0)) {
        free(encoder);
        return NULL;
    }
    aom_codec_ctx_t *context = &encoder->context;
    int failed = aom_codec_control(context, AOME_SET_CPUUSED, 10);
    failed |= aom_codec_control(context, AV1E_SET_AQ_MODE, 3);
    failed |= aom_codec_control(context, AV1E_SET_ENABLE_ORDER_HINT, 0);
    failed |= aom_codec_control(context, AV1E_SET_ENABLE_OBMC, 0);
    failed |= aom_codec_control(context, AV1E_SET_ENABLE_WARPED_MOTION, 0);
    failed |= aom_codec_control(context, AV1E_SET_ENABLE_GLOBAL_MOTION, 0);
    failed |= aom_codec_control(context, AV1E_SET_CDF_UPDATE_MODE, 1);
    failed |= aom_codec_control(context, AV1E_SET_SVC_PARAMS, &layers);
    if (failed) {
        close_encoder(&encoder->base);
        return NULL;
    }
    return &encoder->base;
}
