//! Calls the service once, and shows how it answers.

#![forbid(unsafe_code)]

use std::error::Error;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use tonic::metadata::errors::InvalidMetadataValue;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Request, Response, Status};
use tonic_service::proto::pizza_shack_client::PizzaShackClient;
use tonic_service::proto::{MenuRequest, OrderRequest};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(Ok(reply)) => {
            println!("{reply}");
            ExitCode::SUCCESS
        }
        Ok(Err(status)) => {
            eprintln!("{}", told(&status));
            ExitCode::FAILURE
        }
        Err(problem) => {
            eprintln!("client: {problem}");
            ExitCode::from(2)
        }
    }
}

/// The outer error is a call that was never made.
async fn run() -> Result<Result<String, Status>, Box<dyn Error>> {
    let Some(args) = args(Parser::from_env())? else { return Ok(Ok(HELP.to_owned())) };
    let mut client = PizzaShackClient::connect(args.server).await?;
    let token = args.token.as_deref();
    Ok(match args.call {
        Call::Menu => client.menu(request(MenuRequest {}, token)?).await.map(|reply| {
            let pizzas = reply.into_inner().pizzas.into_iter();
            pizzas.map(|pizza| format!("{} {}", pizza.price, pizza.name)).collect::<Vec<_>>().join("\n")
        }),
        Call::Order(pizza) => {
            let reply = client.order(request(OrderRequest { pizza }, token)?).await.map(Response::into_inner);
            reply.map(|reply| {
                let name = reply.pizza.map(|pizza| pizza.name).unwrap_or_default();
                format!("{name} for {}", reply.ordered_by)
            })
        }
    })
}

/// As curl would send it: the field has the same name and value in HTTP and in gRPC.
fn request<T>(message: T, token: Option<&str>) -> Result<Request<T>, InvalidMetadataValue> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        let mut value: MetadataValue<Ascii> = format!("Bearer {token}").parse()?;
        value.set_sensitive(true);
        request.metadata_mut().insert("authorization", value);
    }
    Ok(request)
}

/// The status code, and what the service wants instead.
fn told(status: &Status) -> String {
    let challenge = status.metadata().get("www-authenticate").and_then(|value| value.to_str().ok());
    let challenge = challenge.map(|challenge| format!("\nwww-authenticate: {challenge}"));
    let (number, name) = (status.code() as i32, status.code());
    format!("{number} {name:?}: {}{}", status.message(), challenge.unwrap_or_default())
}

struct Args {
    server: String,
    token: Option<String>,
    call: Call,
}

enum Call {
    Menu,
    Order(String),
}

/// None for a wish for help.
fn args(mut parser: Parser) -> Result<Option<Args>, lexopt::Error> {
    let (mut server, mut token, mut words) = (None, None, Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("server") => server = Some(parser.value()?.string()?),
            Arg::Long("token") => token = Some(parser.value()?.string()?),
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            Arg::Value(word) => words.push(word.string()?),
            other => return Err(other.unexpected()),
        }
    }
    let call = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["menu"] => Call::Menu,
        ["order"] => Call::Order("Garden Fresh".to_owned()),
        ["order", pizza] => Call::Order(pizza.to_owned()),
        _ => return Err("which call? say menu or order; --help tells more".into()),
    };
    let server = server.ok_or("which service? say --server URL; --help tells more")?;
    Ok(Some(Args { server, token, call }))
}

const HELP: &str = "\
Usage: client --server URL [--token TOKEN] menu
       client --server URL [--token TOKEN] order [PIZZA]

Calls tonic-service and prints the reply. A refusal is printed with its status code and challenge, and the exit code is 1.

  --server URL        such as http://127.0.0.1:50051
  --token TOKEN       an access token; without one, the call says none
  --help              this text";
