#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// Swift cannot call variadic functions, and rd_kafka_produceva would have it fill an array of unions for each record.
// A timestamp of 0 is the current time. Takes the headers if it succeeds.
static inline rd_kafka_resp_err_t sluice_kafka_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *value, size_t value_length,
    const void *key, size_t key_length, int64_t timestamp, rd_kafka_headers_t *headers, void *opaque) {
    if (headers)
        return rd_kafka_producev(
            client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(0),
            RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_KEY(key, key_length),
            RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_HEADERS(headers),
            RD_KAFKA_V_END);
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(0),
        RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_KEY(key, key_length),
        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}
