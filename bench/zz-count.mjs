import pg from 'pg'; 
const q=pg.Client.prototype.query; let n=0,b=0; const hist={}; let busy=0;
pg.Client.prototype.query=function(c,...r){ if(c?.name==='insert-deliveries'||c?.config?.name==='insert-deliveries'){ const v=c.values??c.config?.values; n++; const k=v[0].length; b+=k; hist[k]=(hist[k]??0)+1; const t=performance.now(); const cb=r[r.length-1]; if(typeof cb==='function') r[r.length-1]=(...a)=>{busy+=performance.now()-t; cb(...a)} } return q.call(this,c,...r)};
process.on('exit',()=>console.error('queries',n,'hints',b,'hist',JSON.stringify(hist),'ms per query',busy/n));
