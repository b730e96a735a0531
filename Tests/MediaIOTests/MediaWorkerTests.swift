import MediaCore
import Testing

@testable import MediaIO

@Suite struct MediaWorkerTests {
    @Test func aWorkerStartsAnswersAndStops() async throws {
        let worker = try MediaWorker()
        #expect(worker.udpPort != 0)
        #expect(!worker.candidates.isEmpty)
        let statistics = await worker.statistics()
        #expect(statistics.transports.isEmpty)
        await worker.shutdown()
        await worker.shutdown()
        let afterwards = await worker.statistics()
        #expect(afterwards.transports.isEmpty)
    }
}
