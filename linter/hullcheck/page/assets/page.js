"use strict";
const $=(query,from)=>(from||document).querySelector(query);
const $$=(query,from)=>[...(from||document).querySelectorAll(query)];
const make=(tag,attributes,...inside)=>{
  const made=document.createElement(tag);
  for(const [key,value] of Object.entries(attributes||{})) if(value!==undefined&&value!==false) made.setAttribute(key,value===true?"":value);
  made.append(...inside.filter(part=>part!==undefined&&part!==""));
  return made;
};
const root=document.documentElement;
root.classList.add("on");
{
  // Files have no storage of their own in some browsers: then the choice lasts as long as the page.
  const names={"":"◐ Auto",light:"○ Light",dark:"● Dark"},order=["","light","dark"],button=$("#theme");
  let chosen="";
  try{chosen=localStorage.getItem("hullcheck-theme")||"";}catch{/* not allowed */}
  const show=()=>{
    if(!order.includes(chosen)) chosen="";
    if(chosen) root.dataset.theme=chosen; else delete root.dataset.theme;
    button.textContent=names[chosen];
    button.setAttribute("aria-label","Colours: "+(chosen||"as the system"));
  };
  button.addEventListener("click",()=>{
    chosen=order[(order.indexOf(chosen)+1)%3];
    try{localStorage.setItem("hullcheck-theme",chosen);}catch{/* not allowed */}
    show();
  });
  show();
}
const typing=target=>target.matches("input:not([type=checkbox]),select,textarea");
const opened=[];
addEventListener("beforeprint",()=>{for(const one of $$("details:not([open])")){one.open=true;opened.push(one);}});
addEventListener("afterprint",()=>{for(const one of opened.splice(0)) one.open=false;});
const reveal=()=>{
  let target=null;
  try{target=location.hash&&document.getElementById(decodeURIComponent(location.hash.slice(1)));}catch{/* no name */}
  for(let at=target;at;at=at.parentElement) if(at.tagName==="DETAILS") at.open=true;
  if(target&&target.tagName==="DETAILS") $("summary",target).focus();
};
addEventListener("hashchange",reveal);
reveal();
