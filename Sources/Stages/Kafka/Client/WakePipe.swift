internal import CRDKafka
internal import Glibc

/// Lets one thread wait until any of several queues has something: librdkafka writes a byte when a queue is no longer
/// empty. A pipe and not a callback, so that nothing of Swift's is called from librdkafka's threads.
///
/// Sendable because both descriptors stay the same until `close`, which the owner calls after the client has gone.
final class WakePipe: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    init() throws(KafkaError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE) }
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends {
            // A full pipe says already what another byte would say.
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    /// Has a queue write to the pipe.
    func watch(_ queue: PartitionQueue) {
        let byte: UInt8 = 1
        withUnsafeBytes(of: byte) { byte in
            rd_kafka_queue_io_event_enable(queue.pointer, writeEnd, byte.baseAddress, 1)
        }
    }

    /// Wakes the waiting thread.
    func signal() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Forgets what was signalled; call before looking into the queues, so that what comes later is not missed.
    func drain() {
        withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
            while read(readEnd, buffer.baseAddress, buffer.count) == buffer.count {}
        }
    }

    /// Blocks until something is signalled, for at most `timeout`.
    func wait(_ timeout: Duration) {
        var descriptor = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, timeout.kafkaMilliseconds)
    }

    func close() {
        _ = Glibc.close(readEnd)
        _ = Glibc.close(writeEnd)
    }
}
