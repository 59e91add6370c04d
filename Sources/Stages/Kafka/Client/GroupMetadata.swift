internal import CRDKafka

/// By what a group knows a member, as librdkafka has it; destroyed with the value.
struct GroupMetadata: ~Copyable {
    let pointer: OpaquePointer

    /// Reads what ``words`` gave.
    /// - Throws: ``KafkaError`` if it is nothing of librdkafka's.
    init(_ words: [UInt8]) throws(KafkaError) {
        var pointer: OpaquePointer?
        let failure = words.withUnsafeBytes {
            rd_kafka_consumer_group_metadata_read(&pointer, $0.baseAddress, $0.count)
        }
        if let failure {
            defer { rd_kafka_error_destroy(failure) }
            throw KafkaError(rd_kafka_error_code(failure))
        }
        guard let pointer else { throw KafkaError(RD_KAFKA_RESP_ERR__FAIL) }
        self.pointer = pointer
    }

    /// What a member would know of itself.
    /// - Parameters:
    ///   - group: the group's name.
    ///   - generation: that of its last joining, or -1 where it is none's.
    ///   - member: the name that the group gave it.
    ///   - instance: its `group.instance.id`, if it has one.
    init?(group: String, generation: Int32, member: String, instance: String?) {
        guard let pointer = rd_kafka_consumer_group_metadata_new_with_genid(group, generation, member, instance)
        else { return nil }
        self.pointer = pointer
    }

    /// Takes over what librdkafka made.
    private init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        rd_kafka_consumer_group_metadata_destroy(pointer)
    }

    /// The metadata in a form that can be kept and read again.
    /// - Throws: ``KafkaError``.
    var words: [UInt8] {
        get throws(KafkaError) {
            var buffer: UnsafeMutableRawPointer?
            var size = 0
            if let failure = rd_kafka_consumer_group_metadata_write(pointer, &buffer, &size) {
                defer { rd_kafka_error_destroy(failure) }
                throw KafkaError(rd_kafka_error_code(failure))
            }
            defer { rd_kafka_mem_free(nil, buffer) }
            return Array(UnsafeRawBufferPointer(start: buffer, count: size))
        }
    }

    /// What a member knows of itself; nil if it is none. Waits for librdkafka's main thread.
    static func current(of client: KafkaClient) -> GroupMetadata? {
        rd_kafka_consumer_group_metadata(client.handle).map(GroupMetadata.init(owning:))
    }

    /// What a member would know of itself if the group had forgotten it.
    static func forgotten(_ client: KafkaClient) -> GroupMetadata? {
        let member = rd_kafka_memberid(client.handle)
        defer { rd_kafka_mem_free(client.handle, member) }
        return GroupMetadata(
            group: client.configured("group.id") ?? "", generation: -1,
            member: member.map { String(cString: $0) } ?? "",
            instance: client.configured("group.instance.id"))
    }
}

extension KafkaClient {
    /// By what the group knows this member now, for a producer that commits for it.
    /// - Throws: ``KafkaError`` if the group has forgotten it.
    func membership() throws(KafkaError) -> [UInt8] {
        guard let current = GroupMetadata.current(of: self), let forgotten = GroupMetadata.forgotten(self) else {
            throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
        }
        // A commit without a generation is taken as long as the group is empty, from anybody. 2.0.2 does not tell the
        // generation, so the whole is compared with what it would be without one.
        let words = try current.words
        guard words != (try forgotten.words) else { throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID) }
        return words
    }
}
