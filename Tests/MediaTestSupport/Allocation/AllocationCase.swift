/// One case of the bench that is about allocation: a call, and the figures that are asked of a run.
package struct AllocationCase: Sendable {
    package var name: String
    /// What it is, in a few words.
    package var title: String
    /// The call; what is random about it follows from a seed.
    package var scene: @Sendable (UInt64) -> AllocationScene
    package var figures: [AllocationFigure]

    package init(
        _ name: String, _ title: String, figures: [AllocationFigure],
        scene: @escaping @Sendable (UInt64) -> AllocationScene
    ) {
        self.name = name
        self.title = title
        self.scene = scene
        self.figures = figures
    }

    /// Runs it: the same seed gives the same run. With `known`, watchers' links are not measured but known, and this
    /// share of them is what may be sent.
    package func run(seed: UInt64, known: Double? = nil) throws -> AllocationRun {
        var scene = scene(seed)
        if let known {
            for place in scene.watchers.indices {
                scene.watchers[place].known = scene.watchers[place].link.rate.map { Int64(Double($0) * known) }
            }
        }
        return try scene.run(seed: seed)
    }

    /// All cases, in the order of the table.
    package static var all: [AllocationCase] {
        fixedLinks + noisyLinks + [tenTracks] + [70, 110, 160].map { sixSources(demand: $0) } + [tenParty()]
    }
}
