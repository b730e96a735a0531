import Foundation
import Synchronization

/// The browser's remote-debugging pipe: JSON messages, each ended by a zero byte, answers matched by number.
final class DevToolsPipe: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private struct Waiting {
        var lastNumber = 0
        var isClosed = false
        var answers: [Int: CheckedContinuation<Data, any Error>] = [:]
    }

    private struct Command<Parameters: Encodable>: Encodable {
        var id: Int
        var method: String
        var params: Parameters
        var sessionId: String?
    }

    private struct Envelope: Decodable {
        struct Problem: Decodable { var message: String }
        var id: Int?
        var error: Problem?
    }

    private struct Answer<Result: Decodable>: Decodable { var result: Result }

    private let output: Int32
    private let waiting = Mutex(Waiting())

    /// `input` and `output` are ours from now on.
    init(input: Int32, output: Int32) {
        self.output = output
        Thread.detachNewThread { [self] in
            read(from: input)
            close(input)
            failAll()
        }
    }

    deinit { close(output) }

    func call<Result: Decodable & Sendable>(
        _ method: String, _ parameters: some Encodable & Sendable, session: String? = nil,
        within limit: Duration = .seconds(30), as type: Result.Type = Result.self
    ) async throws -> Result {
        let number = waiting.withLock { waiting in
            waiting.lastNumber += 1
            return waiting.lastNumber
        }
        let command = Command(id: number, method: method, params: parameters, sessionId: session)
        let message = try JSONEncoder().encode(command) + [0]
        let clock = Task {
            try await Task.sleep(for: limit)
            settle(number, with: .failure(Failure(description: "no answer to \(method) within \(limit)")))
        }
        defer { clock.cancel() }
        let answer = try await withCheckedThrowingContinuation { continuation in
            let isClosed = waiting.withLock { waiting in
                if !waiting.isClosed { waiting.answers[number] = continuation }
                return waiting.isClosed
            }
            if isClosed {
                continuation.resume(throwing: Failure(description: "the browser is gone"))
            } else {
                write(message)
            }
        }
        return try JSONDecoder().decode(Answer<Result>.self, from: answer).result
    }

    private func write(_ message: Data) {
        message.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Foundation.write(output, bytes.baseAddress! + sent, bytes.count - sent)
                if count <= 0 { return }
                sent += count
            }
        }
    }

    private func read(from input: Int32) {
        var pending = Data()
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(input, &chunk, chunk.count)
            if count <= 0 { return }
            pending.append(contentsOf: chunk[..<count])
            while let end = pending.firstIndex(of: 0) {
                let message = Data(pending[..<end])
                pending = Data(pending[(end + 1)...])
                // Events have no number; none of them matters here.
                guard let envelope = try? JSONDecoder().decode(Envelope.self, from: message), let number = envelope.id
                else { continue }
                if let problem = envelope.error {
                    settle(number, with: .failure(Failure(description: problem.message)))
                } else {
                    settle(number, with: .success(message))
                }
            }
        }
    }

    private func settle(_ number: Int, with answer: Result<Data, any Error>) {
        waiting.withLock { $0.answers.removeValue(forKey: number) }?.resume(with: answer)
    }

    private func failAll() {
        let answers = waiting.withLock { waiting in
            waiting.isClosed = true
            defer { waiting.answers = [:] }
            return waiting.answers
        }
        for continuation in answers.values {
            continuation.resume(throwing: Failure(description: "the browser is gone"))
        }
    }
}
