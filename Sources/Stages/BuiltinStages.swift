public import Pipeline

/// The stages that ship.
public enum BuiltinStages {
    /// All definitions in the order `runner stages` lists them.
    public static let definitions: [StageDefinition] = [
        Generator.definition,
        KafkaSource.definition,
        FileSource.definition,
        RateGate.definition,
        TimeToLive.definition,
        FilterTransform.definition,
        KafkaSink.definition,
        SQLiteSink.definition,
        ConsoleSink.definition,
        FileSink.definition,
        DiscardSink.definition,
    ]
}
