internal import CRDKafka
internal import Pipeline

extension TransactionalSession {
    private static let partitionRefresh = Duration.seconds(30)

    func serve(until service: ServiceThread) {
        var nextRefresh = context.stage.clock.now + Self.partitionRefresh
        while !service.isStopping {
            client.serve(.milliseconds(100)) { event in
                if event.type == RD_KAFKA_EVENT_DR { take(event) }
            }
            tellOfTheEnd()
            if context.stage.clock.now >= nextRefresh || client.log.isSilent {
                nextRefresh = context.stage.clock.now + Self.partitionRefresh
                if case .partitions(let count) = try? client.topicState(topicName, timeout: .milliseconds(500)) {
                    partitions.withLock { $0 = count }
                }
            }
        }
        // One that was fenced is left behind: to destroy it corrupts memory in 2.0.2, one time in eight ("unaligned tcache
        // chunk" when librdkafka's main thread ends). Nothing follows a fence but the end of the run.
        if client.fatalError != nil {
            state.withLock { $0.isLeftBehind = true }
            return
        }
        topic.destroy()
        progress?.destroy()
        client.destroy()
    }

    private func take(_ event: borrowing ClientEvent) {
        var delivered = 0
        state.withLock { state in
            event.forEachMessage { message in
                if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                    delivered += 1
                    return
                }
                let ticket = DeliveryLedger.Ticket(bits: UInt(bitPattern: message.pointee._private))
                state.transaction.comeBack(ticket, KafkaError(message.pointee.err), isAlone: false)
            }
            state.transaction.deliver(delivered)
        }
        state.signal()
        if delivered > 0 { client.log.noteAnswer() }
    }

    /// A producer that was taken over is told of at once, also while nothing is written.
    private func tellOfTheEnd() {
        guard let failure = client.fatalError else { return }
        let isNews = state.withLock { state in
            defer { state.isFailed = true }
            return !state.isFailed
        }
        if isNews { context.fail(tenure.error(failure)) }
    }
}
