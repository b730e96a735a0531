import Dispatch

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// SIGTERM and SIGINT: the first one asks for an orderly end, the second one is the end.
struct StopSignal {
    private let sources: [any DispatchSourceSignal]
    private let signals: AsyncStream<Int32>

    /// Begins to listen.
    init() {
        let (signals, continuation) = AsyncStream.makeStream(of: Int32.self)
        let queue = DispatchQueue(label: "sluice.signals")
        self.signals = signals
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield(number) }
            source.activate()
            return source
        }
    }

    /// Returns at the first signal; from then on a second one, or the time, ends the process.
    func wait(thenExitAfter limit: Duration) async {
        var iterator = signals.makeAsyncIterator()
        _ = await iterator.next()
        let signals = signals
        Task.detached {
            for await _ in signals { exit(EXIT_FAILURE) }
        }
        Task.detached {
            try? await Task.sleep(for: limit)
            exit(EXIT_FAILURE)
        }
    }
}
