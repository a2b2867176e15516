/* must_use: a good sample: what marks results. */
#define MUST_USE __attribute__((warn_unused_result))
